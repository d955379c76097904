-- name: save_log
-- Stores the log of a span; the nested columns come as JSON.
INSERT OR REPLACE INTO processed_logs
  (video_id, start_s, end_s, method, attempt, profile_digest, samples, coverage, pictures, seconds, jumps, notes)
VALUES (
  $video_id, $start_s, $end_s, $method, $attempt, $profile_digest,
  $samples::JSON::STRUCT(
    time_s DOUBLE, "trigger" VARCHAR, hand BOOLEAN, looked BOOLEAN,
    sights STRUCT(
      code VARCHAR, symbology VARCHAR, x INTEGER, y INTEGER, width INTEGER, height INTEGER, decoder VARCHAR,
      fused_s DOUBLE[]
    )[]
  )[],
  $coverage::JSON::STRUCT(start_s DOUBLE, end_s DOUBLE, coverage VARCHAR, reason VARCHAR)[],
  $pictures, $seconds::JSON::MAP(VARCHAR, DOUBLE),
  $jumps::JSON::STRUCT(time_s DOUBLE, is_counted_on BOOLEAN)[], $notes::VARCHAR[]
);

-- name: sum_logs
-- Brings a video's record up to date with its logs.
UPDATE file_list
SET profile_digest = logged.profile_digest,
    examined_s = logged.examined_s, idle_s = logged.idle_s, unreadable_s = logged.unreadable_s,
    index_s = logged.index_s, coarse_s = logged.coarse_s, refine_s = logged.refine_s,
    second_look_s = logged.second_look_s, pictures = logged.pictures
FROM (
  SELECT
    arg_max(profile_digest, attempt) AS profile_digest,
    coalesce(fsum(list_sum([s.end_s - s.start_s for s in coverage if s.coverage = 'examined'])), 0) AS examined_s,
    coalesce(fsum(list_sum([s.end_s - s.start_s for s in coverage if s.coverage = 'idle'])), 0) AS idle_s,
    coalesce(fsum(list_sum([s.end_s - s.start_s for s in coverage if s.coverage = 'unreadable'])), 0) AS unreadable_s,
    coalesce(sum(seconds['index']), 0) AS index_s,
    coalesce(sum(seconds['coarse']), 0) AS coarse_s,
    coalesce(sum(seconds['refine']), 0) AS refine_s,
    coalesce(sum(seconds['second_look']), 0) AS second_look_s,
    coalesce(sum(pictures), 0)::BIGINT AS pictures
  FROM processed_logs
  WHERE video_id = $video_id
) AS logged
WHERE file_list.video_id = $video_id;

-- name: logs
-- The logs of some videos.
SELECT video_id, start_s, end_s, method, samples, coverage, pictures, seconds, jumps, notes
FROM processed_logs
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]))
ORDER BY video_id, start_s, end_s, method;

-- name: logged_spans
-- The spans that a video's logs are of.
SELECT start_s, end_s FROM processed_logs WHERE video_id = $video_id ORDER BY start_s, end_s;

-- name: keep_logs
-- Forgets a video's logs but those of some spans sampled with one profile and method.
DELETE FROM processed_logs
WHERE video_id = $video_id
  AND NOT (profile_digest = $profile_digest AND method = $method
           AND (start_s, end_s) IN (SELECT unnest($starts_s::DOUBLE[]), unnest($ends_s::DOUBLE[])));

-- name: delete_logs
-- Forgets all logs of some videos.
DELETE FROM processed_logs WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]));
