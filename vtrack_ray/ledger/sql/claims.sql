-- name: next_videos
-- Ids of pending videos whose retry time has come, in the order to sample them: round robin between cameras (of some,
-- and programs, if given), those being sampled counted as had. Each camera's first few are picked without sorting all of them.
WITH cameras AS (
  SELECT camera_name, max(claimed_at) AS claimed_at, count(*) FILTER (status = 'sampling') AS had,
    arg_min(video_id, (started_at, path), greatest($limit::BIGINT, 1)) FILTER (
      status = 'pending' AND started_at IS NOT NULL AND (retry_at IS NULL OR retry_at <= $at::TIMESTAMP)
        AND ($program_ids::BIGINT[] IS NULL OR program_id IN (SELECT unnest($program_ids::BIGINT[])))
    ) AS firsts
  FROM file_list
  WHERE $camera_names::VARCHAR[] IS NULL OR camera_name IN (SELECT unnest($camera_names::VARCHAR[]))
  GROUP BY camera_name
)
SELECT video_id
FROM (
  SELECT camera_name, claimed_at, had + generate_subscripts(firsts, 1) AS turn, unnest(firsts) AS video_id FROM cameras
)
ORDER BY turn, claimed_at NULLS FIRST, camera_name
LIMIT $limit::BIGINT;

-- name: pending_videos
-- Pending videos (of some, if given), whatever their retry time, in the same order.
WITH cameras AS (
  SELECT camera_name, max(claimed_at) AS camera_claimed_at, count(*) FILTER (status = 'sampling') AS had
  FROM file_list
  GROUP BY camera_name
)
SELECT source, path, camera_name, size_bytes, modified_ns,
  started_at, start_basis, duration_s, width_px, height_px, codec
FROM file_list
JOIN cameras USING (camera_name)
WHERE status = 'pending' AND started_at IS NOT NULL
  AND ($video_ids::VARCHAR[] IS NULL OR video_id IN (SELECT unnest($video_ids::VARCHAR[])))
ORDER BY had + row_number() OVER (PARTITION BY camera_name ORDER BY started_at, path),
  camera_claimed_at NULLS FIRST, camera_name;

-- name: claimable
-- Which of some videos are pending and probed.
SELECT video_id, status = 'pending' AND started_at IS NOT NULL AS is_claimable
FROM file_list
WHERE true
  AND video_id = $video_id -- if video_id
  AND video_id IN (SELECT unnest($video_ids::VARCHAR[])) -- if video_ids
;

-- name: claim_videos
-- Claims videos that are claimable. Not `video_id = $video_id`: of 150,000 rows, DuckDB 2.0 then changes one in seventy
-- twice, and the attempt would be raised by two.
UPDATE file_list
SET status = 'sampling', attempt = attempt + 1, claimed_at = $at, retry_at = NULL
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]))
RETURNING video_id, source, path, camera_name, size_bytes, modified_ns,
  started_at, start_basis, duration_s, width_px, height_px, codec, attempt, profile_digest IS NOT NULL AS is_begun;

-- name: standing
-- Whether some videos are being sampled, and in which attempts.
SELECT video_id, status, attempt
FROM file_list
WHERE true
  AND video_id = $video_id -- if video_id
  AND video_id IN (SELECT unnest($video_ids::VARCHAR[])) -- if video_ids
;

-- name: release_claim
-- Makes a video pending again; what was sampled of it stays.
UPDATE file_list SET status = 'pending', reason = $reason, retry_at = $retry_at WHERE video_id = $video_id;

-- name: release_claims
-- Makes all videos pending again that are being sampled (since before an instant, if given), and counts a loss of each
-- if whoever worked on them was lost.
UPDATE file_list
SET status = 'pending', losses = losses + $are_lost::INTEGER
WHERE status = 'sampling' AND ($claimed_before::TIMESTAMP IS NULL OR claimed_at < $claimed_before::TIMESTAMP)
RETURNING video_id;

-- name: set_back_video
-- Counts a failure; the video is tried again after the pause that this failure asks for, or is given up: with a retry
-- time even so, if its file was out of reach.
UPDATE file_list
SET failures = failures + 1,
    status = CASE WHEN failures < len($pauses_s::DOUBLE[]) THEN 'pending' ELSE 'failed' END,
    finished_at = CASE WHEN failures < len($pauses_s::DOUBLE[]) THEN NULL ELSE $at::TIMESTAMP END,
    retry_at = CASE
      WHEN failures < len($pauses_s::DOUBLE[])
        THEN $at::TIMESTAMP + to_microseconds(round(list_extract($pauses_s::DOUBLE[], failures + 1) * 1e6)::BIGINT)
      WHEN $is_out_of_reach THEN $at::TIMESTAMP
    END,
    reason = $reason
WHERE video_id = $video_id
  AND CASE
    WHEN $attempt::INTEGER IS NULL THEN status = 'pending' AND (retry_at IS NULL OR retry_at <= $at::TIMESTAMP)
    ELSE status = 'sampling' AND attempt = $attempt
  END
RETURNING status, retry_at;

-- name: put_off_video
-- Has a video wait, without counting a failure; a loss, if whoever worked on it was lost.
UPDATE file_list
SET status = 'pending', reason = $reason, retry_at = $retry_at, losses = losses + $is_lost::INTEGER
WHERE video_id = $video_id
  AND CASE
    WHEN $attempt::INTEGER IS NULL THEN status = 'pending'
    ELSE status = 'sampling' AND attempt = $attempt
  END
RETURNING video_id;

-- name: stale_claims
-- Claims made before an instant; NULL means any.
SELECT *
FROM file_list
WHERE status = 'sampling' AND ($claimed_before::TIMESTAMP IS NULL OR claimed_at < $claimed_before::TIMESTAMP)
ORDER BY claimed_at, video_id;
