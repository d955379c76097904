-- name: next_videos
-- Pending videos in the order to sample them: round robin between cameras, those being sampled counted as had.
-- Without an instant, retry times do not count; NULL ids, names, programs or limit mean any.
WITH ranked AS (
  SELECT *,
    row_number() OVER (PARTITION BY camera_name ORDER BY status = 'sampling' DESC, started_at, path) AS turn
  FROM (SELECT *, max(claimed_at) OVER (PARTITION BY camera_name) AS camera_claimed_at FROM file_list)
  WHERE started_at IS NOT NULL
    AND (status = 'sampling'
         OR (status = 'pending'
             AND ($at::TIMESTAMP IS NULL OR retry_at IS NULL OR retry_at <= $at::TIMESTAMP)
             AND ($video_ids::VARCHAR[] IS NULL OR video_id IN (SELECT unnest($video_ids::VARCHAR[])))))
)
SELECT *
FROM ranked
WHERE status = 'pending'
  AND ($camera_names::VARCHAR[] IS NULL OR camera_name IN (SELECT unnest($camera_names::VARCHAR[])))
  AND ($program_ids::BIGINT[] IS NULL OR program_id IN (SELECT unnest($program_ids::BIGINT[])))
ORDER BY turn, camera_claimed_at NULLS FIRST, camera_name
LIMIT $limit::BIGINT;

-- name: claim_videos
-- Claims those of the videos that are pending and probed.
UPDATE file_list
SET status = 'sampling', attempt = attempt + 1, claimed_at = $at, retry_at = NULL
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[])) AND status = 'pending' AND started_at IS NOT NULL
RETURNING *;

-- name: standing
-- Whether a video is being sampled, and in which attempt.
SELECT status, attempt FROM file_list WHERE video_id = $video_id;

-- name: release_claim
-- Makes a video pending again; what was sampled of it stays.
UPDATE file_list SET status = 'pending', reason = $reason, retry_at = $retry_at WHERE video_id = $video_id;

-- name: release_claims
-- Makes all videos pending again that are being sampled (since before an instant, if given).
UPDATE file_list
SET status = 'pending'
WHERE status = 'sampling' AND ($claimed_before::TIMESTAMP IS NULL OR claimed_at < $claimed_before::TIMESTAMP)
RETURNING video_id;

-- name: set_back_video
-- Counts a failure; the video is tried again after the pause that this failure asks for, or is given up.
UPDATE file_list
SET failures = failures + 1,
    status = CASE WHEN failures < len($pauses_s::DOUBLE[]) THEN 'pending' ELSE 'failed' END,
    finished_at = CASE WHEN failures < len($pauses_s::DOUBLE[]) THEN NULL ELSE $at::TIMESTAMP END,
    retry_at = $at::TIMESTAMP + to_microseconds(round(list_extract($pauses_s::DOUBLE[], failures + 1) * 1e6)::BIGINT),
    reason = $reason
WHERE video_id = $video_id
  AND CASE
    WHEN $attempt::INTEGER IS NULL THEN status = 'pending'
    ELSE status = 'sampling' AND attempt = $attempt
  END
RETURNING retry_at;

-- name: stale_claims
-- Claims made before an instant.
SELECT * FROM file_list WHERE status = 'sampling' AND claimed_at < $claimed_before::TIMESTAMP ORDER BY claimed_at;
