-- name: results
-- The files of events at Google Drive, and the folders of clips.
SELECT * FROM results ORDER BY result;

-- name: reserve_result
-- Keeps what a file is to be at Google Drive, if that is not kept already.
INSERT INTO results VALUES ($result, $file_id, NULL, NULL) ON CONFLICT DO NOTHING;

-- name: record_result
-- A file was sent.
UPDATE results SET digest = $digest, sent_at = $at WHERE result = $result AND file_id = $file_id;

-- name: forget_result
-- A file at Google Drive is no longer ours.
DELETE FROM results WHERE result = $result AND file_id = $file_id;

-- name: forget_results
-- All of them lie in a folder that is no longer the chosen one.
DELETE FROM results;

-- name: time_of_events
-- The starts of the first event and of the last.
SELECT min(started_at) AS first, max(started_at) AS last FROM events;

-- name: days_of_events
-- How things stand with the events that start on some days. Videos that are to be worked on count by the hour: of hours
-- there are few, and a join of each day with each video would be the square of many.
WITH days AS (
  SELECT unnest($starts::TIMESTAMP[]) AS starts_at, unnest($ends::TIMESTAMP[]) AS ends_at
), found AS (
  SELECT
    days.starts_at,
    count(*) AS events,
    bit_xor(hash(event_id, ended_at, start_s, end_s, video_ids, tracking_codes, status)) AS digest
  FROM events ASOF JOIN days ON events.started_at >= days.starts_at
  WHERE events.started_at < days.ends_at
  GROUP BY days.starts_at
), unfinished AS (
  SELECT DISTINCT
    date_trunc('hour', started_at) AS from_hour,
    date_trunc('hour', started_at + to_microseconds(round(duration_s * 1e6)::BIGINT)) + INTERVAL 1 HOUR AS to_hour
  FROM file_list
  WHERE status IN ('pending', 'sampling') AND started_at IS NOT NULL
), touched AS (
  SELECT DISTINCT days.starts_at
  FROM days JOIN unfinished ON unfinished.from_hour < days.ends_at AND unfinished.to_hour > days.starts_at
)
SELECT
  days.starts_at,
  days.ends_at,
  coalesce(found.events, 0) AS events,
  coalesce(found.digest::VARCHAR, '') AS digest,
  touched.starts_at IS NULL
    AND NOT EXISTS (FROM file_list WHERE status = 'pending' AND started_at IS NULL) AS is_whole
FROM days LEFT JOIN found USING (starts_at) LEFT JOIN touched USING (starts_at)
ORDER BY days.starts_at;
