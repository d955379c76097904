-- name: unknown_videos
-- Which of some ids, a JSON list, no video has.
SELECT DISTINCT video_id
FROM (SELECT unnest(from_json($video_ids, '["VARCHAR"]')) AS video_id)
ANTI JOIN file_list USING (video_id);

-- name: videos_at_paths
-- The videos known at some paths.
SELECT video_id, path FROM file_list WHERE path IN (SELECT unnest($paths::VARCHAR[]));

-- name: lookalikes
-- Videos with the camera, size and modification time of those of some files, JSON lists, that are not known, but with
-- another path (one of some, if given).
WITH found AS (
  SELECT
    unnest(from_json($video_ids, '["VARCHAR"]')) AS video_id,
    unnest(from_json($paths, '["VARCHAR"]')) AS path,
    unnest(from_json($camera_names, '["VARCHAR"]')) AS camera_name,
    unnest(from_json($sizes_bytes, '["BIGINT"]')) AS size_bytes,
    unnest(from_json($modified_ns, '["BIGINT"]')) AS modified_ns
)
SELECT file_list.video_id, file_list.path, added.video_id AS added_id
FROM file_list
JOIN (FROM found ANTI JOIN file_list USING (video_id)) AS added USING (camera_name, size_bytes, modified_ns)
WHERE file_list.path <> added.path
  AND ($at_paths::VARCHAR[] IS NULL OR file_list.path IN (SELECT unnest($at_paths::VARCHAR[])));

-- name: insert_videos
-- Adds files, JSON lists, as pending.
INSERT INTO file_list (video_id, source, path, camera_name, size_bytes, modified_ns, status, added_at)
SELECT
  unnest(from_json($video_ids, '["VARCHAR"]')),
  unnest(from_json($sources, '["VARCHAR"]')),
  unnest(from_json($paths, '["VARCHAR"]')),
  unnest(from_json($camera_names, '["VARCHAR"]')),
  unnest(from_json($sizes_bytes, '["BIGINT"]')),
  unnest(from_json($modified_ns, '["BIGINT"]')),
  'pending',
  $at;

-- name: delete_videos
-- Forgets videos whose file has changed.
DELETE FROM file_list WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]));

-- name: remember_removed
-- Keeps what was recorded when by videos that are about to be forgotten.
INSERT OR REPLACE INTO removed_videos
SELECT video_id, source, path, camera_name, size_bytes, modified_ns,
  started_at, start_basis, duration_s, width_px, height_px, codec
FROM file_list
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[])) AND started_at IS NOT NULL;

-- name: removed_videos
-- Forgotten videos around whose time events are still to be folded again.
SELECT * FROM removed_videos ORDER BY camera_name, started_at, path;
