-- name: sources
-- Where files were found.
SELECT DISTINCT source FROM file_list ORDER BY source;

-- name: unprobed_videos
-- Files whose header is still to be read.
SELECT source, path, camera_name, size_bytes, modified_ns
FROM file_list
WHERE status = 'pending' AND started_at IS NULL
  AND ($video_ids::VARCHAR[] IS NULL OR video_id IN (SELECT unnest($video_ids::VARCHAR[])))
ORDER BY camera_name, path;

-- name: set_header
-- What a probe of the file told.
UPDATE file_list
SET started_at = $started_at, start_basis = $start_basis, duration_s = $duration_s,
    width_px = $width_px, height_px = $height_px, codec = $codec
WHERE video_id = $video_id
RETURNING video_id;

-- name: unsurveyed_videos
-- Videos of a camera that were not looked through for a trigger card.
SELECT *
FROM file_list
WHERE camera_name = $camera_name AND NOT surveyed AND started_at IS NOT NULL
  AND status NOT IN ('failed', 'timeout', 'skipped')
ORDER BY started_at, path;

-- name: mark_surveyed
-- The video was looked through for a trigger card.
UPDATE file_list SET surveyed = true WHERE video_id = $video_id;

-- name: forget_survey
-- The camera's videos count as not looked through for a trigger card.
UPDATE file_list SET surveyed = false WHERE camera_name = $camera_name;

-- name: fail_video
-- Gives up a video: the one in this attempt, or, without an attempt, one neither being sampled nor concluded.
UPDATE file_list
SET status = $status, reason = $reason, finished_at = $at, retry_at = NULL
WHERE video_id = $video_id
  AND CASE
    WHEN $attempt::INTEGER IS NULL THEN status NOT IN ('sampling', 'done', 'no_activity')
    ELSE status = 'sampling' AND attempt = $attempt
  END
RETURNING video_id;

-- name: videos_in_statuses
-- Which of some videos are in some statuses; NULL means any.
SELECT video_id
FROM file_list
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]))
  AND ($statuses::VARCHAR[] IS NULL OR status IN (SELECT unnest($statuses::VARCHAR[])))
ORDER BY camera_name, started_at NULLS LAST, path;

-- name: reopen_videos
-- Makes videos pending again.
UPDATE file_list
SET status = 'pending', reason = $reason, exhaustive = false, finished_at = NULL, retry_at = NULL
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]));

-- name: clear_sums
-- The records of videos whose logs are all gone.
UPDATE file_list
SET profile_digest = NULL, examined_s = 0, idle_s = 0, unreadable_s = 0, pictures = 0,
    index_s = 0, coarse_s = 0, refine_s = 0, second_look_s = 0
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]));

-- name: stale_profile_videos
-- Which of some videos are a camera's, and concluded with another profile.
SELECT video_id
FROM file_list
WHERE camera_name = $camera_name AND status IN ('done', 'no_activity')
  AND profile_digest IS DISTINCT FROM $digest AND video_id IN (SELECT unnest($video_ids::VARCHAR[]))
ORDER BY started_at, path;

-- name: neighbours
-- Concluded videos of a camera that overlap a time.
SELECT *
FROM file_list
WHERE camera_name = $camera_name AND status IN ('done', 'no_activity')
  AND started_at <= $before AND started_at + to_microseconds(round(duration_s * 1e6)::BIGINT) >= $after
ORDER BY started_at, path;

-- name: videos
-- Records by filter; NULL means any.
SELECT *
FROM file_list
WHERE ($video_ids::VARCHAR[] IS NULL OR video_id IN (SELECT unnest($video_ids::VARCHAR[])))
  AND ($sources::VARCHAR[] IS NULL OR source IN (SELECT unnest($sources::VARCHAR[])))
  AND ($cameras::VARCHAR[] IS NULL OR camera_name IN (SELECT unnest($cameras::VARCHAR[])))
  AND ($statuses::VARCHAR[] IS NULL OR status IN (SELECT unnest($statuses::VARCHAR[])))
  AND ($until::TIMESTAMP IS NULL OR started_at < $until::TIMESTAMP)
  AND ($since::TIMESTAMP IS NULL
       OR started_at + to_microseconds(round(duration_s * 1e6)::BIGINT) >= $since::TIMESTAMP)
ORDER BY camera_name, started_at NULLS LAST, path;

-- name: progress
-- Numbers and sums by status.
SELECT status, count(*) AS videos, coalesce(sum(duration_s), 0)::DOUBLE AS duration_s,
  sum(examined_s) AS examined_s, sum(idle_s) AS idle_s, sum(unreadable_s) AS unreadable_s,
  sum(pictures)::BIGINT AS pictures,
  sum(index_s) AS index_s, sum(coarse_s) AS coarse_s, sum(refine_s) AS refine_s, sum(second_look_s) AS second_look_s
FROM file_list
WHERE $video_ids::VARCHAR[] IS NULL OR video_id IN (SELECT unnest($video_ids::VARCHAR[]))
GROUP BY status;
