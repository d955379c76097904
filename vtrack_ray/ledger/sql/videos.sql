-- name: sources
-- Where files were found.
SELECT DISTINCT source FROM file_list ORDER BY source;

-- name: unprobed_videos
-- Files whose header is still to be read, those that a program asks for first. Without an instant, retry times do not
-- count; NULL ids or limit mean any, as does NULL of whether a program asks for it.
SELECT source, path, camera_name, size_bytes, modified_ns
FROM file_list
WHERE status = 'pending' AND started_at IS NULL
  AND ($at::TIMESTAMP IS NULL OR retry_at IS NULL OR retry_at <= $at::TIMESTAMP)
  AND ($video_ids::VARCHAR[] IS NULL OR video_id IN (SELECT unnest($video_ids::VARCHAR[])))
  AND ($of_programs::BOOLEAN IS NULL OR (program_id IS NOT NULL) = $of_programs::BOOLEAN)
ORDER BY program_id NULLS LAST, camera_name, path
LIMIT $limit::BIGINT;

-- name: set_header
-- What a probe of the file told.
UPDATE file_list
SET started_at = $started_at, start_basis = $start_basis, duration_s = $duration_s,
    width_px = $width_px, height_px = $height_px, codec = $codec
WHERE video_id = $video_id
RETURNING video_id;

-- name: unsurveyed_videos
-- Videos of a camera that were not looked through for a trigger card, and have not been put off.
SELECT *
FROM file_list
WHERE camera_name = $camera_name AND NOT surveyed AND started_at IS NOT NULL
  AND status NOT IN ('failed', 'timeout', 'skipped')
  AND (retry_at IS NULL OR retry_at <= $at) -- if at
  AND started_at >= $after_start AND (started_at, path) > ($after_start, $after_path) -- if after_start
ORDER BY started_at, path
LIMIT $limit -- if limit
;

-- name: mark_surveyed
-- The video was looked through for a trigger card.
UPDATE file_list SET surveyed = true WHERE video_id = $video_id;

-- name: forget_survey
-- The camera's videos count as not looked through for a trigger card.
UPDATE file_list SET surveyed = false WHERE camera_name = $camera_name;

-- name: fail_video
-- Gives up a video: the one in this attempt, or, without an attempt, one neither being sampled nor concluded. It has a
-- retry time even so, if its file was out of reach.
UPDATE file_list
SET status = $status, reason = $reason, finished_at = $at, retry_at = CASE WHEN $is_out_of_reach THEN $at::TIMESTAMP END
WHERE video_id = $video_id
  AND CASE
    WHEN $attempt::INTEGER IS NULL THEN status NOT IN ('sampling', 'done', 'no_activity')
    ELSE status = 'sampling' AND attempt = $attempt
  END
RETURNING video_id;

-- name: filterable_videos
-- What filters judge: videos whose start is known, that wait or are skipped, and that no program asks for.
SELECT video_id, camera_name, started_at, added_at, status, skipped_by, reason
FROM file_list
WHERE started_at IS NOT NULL AND program_id IS NULL
  AND status IN ('pending', 'skipped') -- unless are_skipped
  AND status = 'skipped' -- if are_skipped
  AND video_id IN (SELECT unnest($video_ids::VARCHAR[])) -- if video_ids
  AND video_id > $after_id -- if after_id
ORDER BY video_id
LIMIT $limit -- if limit
;

-- name: cameras_waiting
-- Cameras of which videos wait to be sampled, and are due, that a program asks for or that none does.
SELECT DISTINCT camera_name
FROM file_list
WHERE status = 'pending' AND started_at IS NOT NULL AND (program_id IS NOT NULL) = $of_programs
  AND (retry_at IS NULL OR retry_at <= $at::TIMESTAMP)
ORDER BY camera_name;

-- name: skip_videos
-- Skips videos, a JSON list, each with the filter that it does not pass.
UPDATE file_list
SET status = 'skipped', skipped_by = wanted.skipped_by, reason = wanted.reason, finished_at = $at, retry_at = NULL
FROM (
  SELECT unnest(
    from_json($videos, '[{"video_id": "VARCHAR", "skipped_by": "VARCHAR", "reason": "VARCHAR"}]'), max_depth := 2
  )
) AS wanted
WHERE file_list.video_id = wanted.video_id AND file_list.status IN ('pending', 'skipped')
  AND file_list.program_id IS NULL;

-- name: backlog
-- What is still to be done, and what was done, by camera.
SELECT camera_name,
  count(*) FILTER (status IN ('pending', 'sampling')) AS videos,
  count(*) FILTER (status IN ('pending', 'sampling') AND started_at IS NULL) AS unprobed,
  coalesce(sum(duration_s) FILTER (status IN ('pending', 'sampling')), 0)::DOUBLE AS footage_s,
  (sum(index_s + coarse_s + refine_s + second_look_s) FILTER (status IN ('done', 'no_activity'))
    / nullif(sum(duration_s) FILTER (status IN ('done', 'no_activity')), 0))::DOUBLE AS cost
FROM file_list
GROUP BY camera_name
ORDER BY camera_name;

-- name: videos_in_statuses
-- Which of some videos are in some statuses; NULL means any.
SELECT video_id
FROM file_list
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]))
  AND ($statuses::VARCHAR[] IS NULL OR status IN (SELECT unnest($statuses::VARCHAR[])))
ORDER BY camera_name, started_at NULLS LAST, path;

-- name: out_of_reach
-- Failed videos whose files were out of reach.
SELECT video_id FROM file_list WHERE status = 'failed' AND retry_at IS NOT NULL ORDER BY video_id;

-- name: reopen_videos
-- Makes videos pending again.
UPDATE file_list
SET status = 'pending', reason = $reason, skipped_by = NULL, failures = 0, losses = 0, exhaustive = false,
    finished_at = NULL, retry_at = NULL
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]));

-- name: clear_sums
-- The records of videos whose logs are all gone.
UPDATE file_list
SET profile_digest = NULL, examined_s = 0, idle_s = 0, unreadable_s = 0, pictures = 0,
    index_s = 0, coarse_s = 0, refine_s = 0, second_look_s = 0
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]));

-- name: stale_profile_videos
-- Which of a camera's videos (of some, if given) were concluded with another profile.
SELECT video_id
FROM file_list
WHERE camera_name = $camera_name AND status IN ('done', 'no_activity')
  AND profile_digest IS DISTINCT FROM $digest
  AND ($video_ids::VARCHAR[] IS NULL OR video_id IN (SELECT unnest($video_ids::VARCHAR[])))
ORDER BY started_at, path;

-- name: neighbours
-- Concluded videos that overlap stretches of their cameras' time, a JSON list, in any order.
SELECT place, video_id, source, path, camera_name, size_bytes, modified_ns, started_at, start_basis, duration_s,
  width_px, height_px, codec
FROM file_list
JOIN (
  SELECT unnest(
    from_json(
      $stretches, '[{"place": "INTEGER", "camera_name": "VARCHAR", "after": "TIMESTAMP", "before": "TIMESTAMP"}]'
    ),
    max_depth := 2
  )
) AS stretches USING (camera_name)
WHERE status IN ('done', 'no_activity')
  AND started_at <= before AND started_at + to_microseconds(round(duration_s * 1e6)::BIGINT) >= after;

-- name: videos
-- Records by filter. A start that is not known comes after every other.
SELECT *
FROM file_list
WHERE true
  AND video_id IN (SELECT unnest($video_ids::VARCHAR[])) -- if video_ids
  AND source IN (SELECT unnest($sources::VARCHAR[])) -- if sources
  AND camera_name IN (SELECT unnest($cameras::VARCHAR[])) -- if cameras
  AND status IN (SELECT unnest($statuses::VARCHAR[])) -- if statuses
  AND started_at < $until -- if until
  AND started_at + to_microseconds(round(duration_s * 1e6)::BIGINT) >= $since -- if since
  AND camera_name >= $after_camera -- if after_camera
  AND (camera_name, coalesce(started_at, 'infinity'), path) > ($after_camera, $after_start, $after_path) -- if after_start
  AND (camera_name, started_at IS NULL, path) > ($after_camera, true, $after_path) -- if after_unprobed
ORDER BY camera_name, started_at NULLS LAST, path
LIMIT $limit -- if limit
;

-- name: picture_size
-- The size of the pictures of a camera's newest video.
SELECT width_px, height_px
FROM file_list
WHERE camera_name = $camera_name AND width_px > 0 AND height_px > 0
ORDER BY started_at DESC, path DESC
LIMIT 1;

-- name: unfinished_videos
-- Where videos are that are still to be done, by status, those being done first. A row for each of thousands would take
-- longer to read than to find.
SELECT status, list(path ORDER BY camera_name, started_at NULLS LAST, path) AS paths
FROM (
  SELECT path, status, camera_name, started_at
  FROM file_list
  WHERE status IN ('pending', 'sampling')
  ORDER BY status = 'pending', camera_name, started_at NULLS LAST, path
  LIMIT $limit
)
GROUP BY status;

-- name: any_unfinished
-- A row if any video is still to be done; the first one found is enough.
SELECT video_id FROM file_list WHERE status IN ('pending', 'sampling') LIMIT 1;

-- name: video_paths
-- Where some videos are.
SELECT video_id, path
FROM file_list
WHERE true
  AND video_id = $video_id -- if video_id
  AND video_id IN (SELECT unnest($video_ids::VARCHAR[])) -- if video_ids
;

-- name: video_counts
-- Numbers of videos by status.
SELECT status, count(*) FROM file_list GROUP BY status;

-- name: progress
-- Numbers and sums by status.
SELECT status, count(*) AS videos, coalesce(sum(duration_s), 0)::DOUBLE AS duration_s,
  sum(examined_s) AS examined_s, sum(idle_s) AS idle_s, sum(unreadable_s) AS unreadable_s,
  sum(pictures)::BIGINT AS pictures,
  sum(index_s) AS index_s, sum(coarse_s) AS coarse_s, sum(refine_s) AS refine_s, sum(second_look_s) AS second_look_s
FROM file_list
WHERE $video_ids::VARCHAR[] IS NULL OR video_id IN (SELECT unnest($video_ids::VARCHAR[]))
GROUP BY status;
