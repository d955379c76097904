-- name: save_logs
-- Stores logs of spans, column by column. Looking out for some to be replaced takes twice as long.
INSERT INTO processed_logs BY NAME -- unless is_repeat
INSERT OR REPLACE INTO processed_logs BY NAME -- if is_repeat
SELECT unnest($video_id::VARCHAR[]) AS video_id, unnest($start_s::DOUBLE[]) AS start_s, unnest($end_s::DOUBLE[]) AS end_s,
  unnest($method::VARCHAR[]) AS method, unnest($attempt::INTEGER[]) AS attempt,
  unnest($profile_digest::VARCHAR[]) AS profile_digest, unnest($samples::VARCHAR[]) AS samples,
  unnest($coverage::VARCHAR[]) AS coverage, unnest($pictures::BIGINT[]) AS pictures,
  unnest($seconds::VARCHAR[]) AS seconds, unnest($jumps::VARCHAR[]) AS jumps, unnest($notes::VARCHAR[]) AS notes;

-- name: log_outlines
-- What the records of some videos sum up of their logs, in any order.
SELECT video_id, start_s, end_s, method, attempt, profile_digest, coverage::JSON AS coverage, pictures,
  seconds::JSON AS seconds
FROM processed_logs
WHERE true
  AND video_id = $video_id -- if video_id
  AND video_id IN (SELECT unnest($video_ids::VARCHAR[])) -- if video_ids
;

-- name: set_sums
-- What videos' logs come to, a JSON list. One alone is named besides, to be looked up.
UPDATE file_list
SET profile_digest = sums.profile_digest, examined_s = sums.examined_s, idle_s = sums.idle_s,
    unreadable_s = sums.unreadable_s, index_s = sums.index_s, coarse_s = sums.coarse_s, refine_s = sums.refine_s,
    second_look_s = sums.second_look_s, pictures = sums.pictures
FROM (
  SELECT unnest(
    from_json(
      $sums,
      '[{"video_id": "VARCHAR", "profile_digest": "VARCHAR", "examined_s": "DOUBLE", "idle_s": "DOUBLE",
         "unreadable_s": "DOUBLE", "index_s": "DOUBLE", "coarse_s": "DOUBLE", "refine_s": "DOUBLE",
         "second_look_s": "DOUBLE", "pictures": "BIGINT"}]'
    ),
    max_depth := 2
  )
) AS sums
WHERE file_list.video_id = sums.video_id
  AND file_list.video_id = $video_id -- if video_id
;

-- name: logs
-- The logs of some videos, in any order: they are few, and ordering them takes longer than to read them. Samples are
-- read by whoever looks at them.
SELECT video_id, start_s, end_s, method, samples, coverage::JSON AS coverage, pictures,
  seconds::JSON AS seconds, jumps::JSON AS jumps, notes::JSON AS notes
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
