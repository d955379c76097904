-- name: sources_added
-- Where the service looks for videos.
SELECT source, kind, title, looked_at, trouble FROM sources ORDER BY source;

-- name: add_source
-- Adds a source.
INSERT INTO sources (source, added_at, kind, title) VALUES ($source, $at, $kind, $title)
ON CONFLICT DO NOTHING RETURNING source;

-- name: remove_source
-- Removes a source; its videos stay known.
DELETE FROM sources WHERE source = $source RETURNING source;

-- name: note_look
-- When a source was last looked into, and why that failed if it did.
UPDATE sources SET looked_at = $at, trouble = $trouble WHERE source = $source;

-- name: turn_page
-- The page of Drive's changes to go on from; a row if the source is still one.
UPDATE sources SET page_token = $page_token WHERE source = $source RETURNING source;

-- name: page_token
-- The page of Drive's changes to go on from.
SELECT page_token FROM sources WHERE source = $source;

-- name: drive_items
-- What lies below a source at Google Drive.
SELECT item_id, parent_id, name, kind, size_bytes, md5, modified_ns, target_id FROM drive_items WHERE source = $source;

-- name: drive_camera_folders
-- The folders directly below sources at Google Drive.
SELECT name, 'drive://' || item_id AS path
FROM drive_items
WHERE kind = 'folder' AND source = 'drive://' || parent_id
ORDER BY source, name, item_id;

-- name: forget_drive_items
-- Forgets all that lies below a source at Google Drive.
DELETE FROM drive_items WHERE source = $source;

-- name: remove_drive_items
-- Forgets some items, a JSON list of ids.
DELETE FROM drive_items
WHERE source = $source AND item_id IN (SELECT unnest(from_json($item_ids, '["VARCHAR"]')));

-- name: add_drive_items
-- Adds items, JSON rows.
INSERT INTO drive_items
SELECT $source, item.item_id, item.parent_id, item.name, item.kind, item.size_bytes, item.md5, item.modified_ns,
  item.target_id
FROM (
  SELECT unnest(from_json($rows, '[{"item_id":"VARCHAR","parent_id":"VARCHAR","name":"VARCHAR","kind":"VARCHAR",
    "size_bytes":"BIGINT","md5":"VARCHAR","modified_ns":"BIGINT","target_id":"VARCHAR"}]')) AS item
);

-- name: drive_videos_elsewhere
-- Videos of the Drive files of some found ones, JSON lists, where address or camera is another by now.
WITH found AS (
  SELECT
    unnest(from_json($video_ids, '["VARCHAR"]')) AS found_id,
    unnest(from_json($paths, '["VARCHAR"]')) AS path,
    unnest(from_json($camera_names, '["VARCHAR"]')) AS camera_name,
    unnest(from_json($sources, '["VARCHAR"]')) AS source
)
SELECT video_id, found_id, file_list.source, found.source AS found_source, found.path AS found_path,
  file_list.camera_name <> found.camera_name AS has_moved_camera, started_at, start_basis
FROM file_list
JOIN found ON split_part(split_part(file_list.path, '/', 3), ':', 1) = split_part(split_part(found.path, '/', 3), ':', 1)
WHERE file_list.path LIKE 'drive://%' AND (file_list.path <> found.path OR file_list.camera_name <> found.camera_name);

-- name: rename_videos
-- Videos whose file at Google Drive was renamed or moved within its camera, JSON lists.
UPDATE file_list
SET path = named.path, source = named.source
FROM (
  SELECT
    unnest(from_json($video_ids, '["VARCHAR"]')) AS video_id,
    unnest(from_json($paths, '["VARCHAR"]')) AS path,
    unnest(from_json($sources, '["VARCHAR"]')) AS source
) AS named
WHERE file_list.video_id = named.video_id;

-- name: put_off_source
-- All of a source's videos that wait, headers unread or not, until then.
UPDATE file_list
SET retry_at = greatest(coalesce(retry_at, $until::TIMESTAMP), $until::TIMESTAMP), reason = $reason
WHERE source = $source AND status = 'pending';

-- name: resume_source
-- A source's videos that were put off with it, and wait.
UPDATE file_list
SET retry_at = NULL, reason = NULL
WHERE source = $source AND status = 'pending' AND starts_with(reason, $prefix);
