-- name: save_log
-- Stores the log of a span; the nested columns come as JSON. Looking out for one to be replaced takes twice as long.
INSERT INTO processed_logs -- unless is_repeat
INSERT OR REPLACE INTO processed_logs -- if is_repeat
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

-- name: log_outlines
-- What a video's record sums up of its logs.
SELECT start_s, end_s, method, attempt, profile_digest, coverage, pictures, seconds
FROM processed_logs
WHERE video_id = $video_id
ORDER BY start_s, end_s, method;

-- name: set_sums
-- What a video's logs come to.
UPDATE file_list
SET profile_digest = $profile_digest, examined_s = $examined_s, idle_s = $idle_s, unreadable_s = $unreadable_s,
    index_s = $index_s, coarse_s = $coarse_s, refine_s = $refine_s, second_look_s = $second_look_s,
    pictures = $pictures
WHERE video_id = $video_id;

-- name: logs
-- The logs of some videos, in any order: they are few, and ordering them takes longer than to read them.
SELECT video_id, start_s, end_s, method, samples, coverage, pictures, seconds, jumps, notes
FROM processed_logs
WHERE true
  AND video_id = $video_id -- if video_id
  AND video_id IN (SELECT unnest($video_ids::VARCHAR[])) -- if video_ids
;

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
