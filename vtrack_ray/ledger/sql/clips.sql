-- name: clips_due
-- Events of some days whose clips were not sent as the events are now, the latest first. Those that could not be sent
-- are tried again later. What changes nothing in a clip, such as the status, is not in the digest, which is one that
-- lasts: DuckDB's own hash may be another one in its next version, and all clips would be cut again.
WITH days AS (
  SELECT unnest($starts::TIMESTAMP[]) AS starts_at, unnest($ends::TIMESTAMP[]) AS ends_at
), wanted AS (
  SELECT
    events.*,
    days.starts_at AS day_starts_at,
    md5(
      concat_ws(
        '|',
        epoch_us(events.started_at),
        epoch_us(events.ended_at),
        array_to_string(events.video_ids, ' '),
        array_to_string(events.tracking_codes, ' ')
      )
    ) AS wanted_digest
  FROM events ASOF JOIN days ON events.started_at >= days.starts_at
  WHERE events.started_at < days.ends_at
)
SELECT wanted.*, clips.file_id, clips.name, clips.digest, clips.sent_at, clips.reason
FROM wanted LEFT JOIN clips ON clips.event_id = wanted.event_id
WHERE clips.digest IS DISTINCT FROM wanted.wanted_digest
  AND (clips.tried_at IS NULL OR clips.tried_at < $tried_before)
ORDER BY wanted.started_at DESC, wanted.camera_name DESC, wanted.event_id DESC
LIMIT $limit::INTEGER;

-- name: heirs
-- Events of some days without a clip, each with clips of the same camera and day whose events are no more, and which
-- show a part of it; those that show most of it first.
WITH days AS (
  SELECT unnest($starts::TIMESTAMP[]) AS starts_at, unnest($ends::TIMESTAMP[]) AS ends_at
), orphans AS (
  SELECT clips.event_id, clips.camera_name, clips.started_at, clips.ended_at, days.starts_at AS day_starts_at
  FROM clips ASOF JOIN days ON clips.started_at >= days.starts_at
  WHERE clips.started_at < days.ends_at AND NOT EXISTS (FROM events WHERE events.event_id = clips.event_id)
), heirs AS (
  SELECT events.event_id, events.camera_name, events.started_at, events.ended_at, days.starts_at AS day_starts_at
  FROM events ASOF JOIN days ON events.started_at >= days.starts_at
  WHERE events.started_at < days.ends_at AND NOT EXISTS (FROM clips WHERE clips.event_id = events.event_id)
)
SELECT orphans.event_id AS former, heirs.event_id AS heir
FROM orphans JOIN heirs USING (camera_name, day_starts_at)
WHERE heirs.started_at < orphans.ended_at AND heirs.ended_at > orphans.started_at
ORDER BY
  least(heirs.ended_at, orphans.ended_at) - greatest(heirs.started_at, orphans.started_at) DESC,
  former,
  heir;

-- name: inherit_clips
-- Clips, a JSON list, are those of other events from now on.
UPDATE clips
SET event_id = given.heir
FROM (SELECT unnest(from_json($clips, '[{"former": "VARCHAR", "heir": "VARCHAR"}]'), max_depth := 2)) AS given
WHERE clips.event_id = given.former;

-- name: clips_of
-- What is kept of the clips of some events.
SELECT event_id, file_id, name, digest, sent_at, reason
FROM clips
WHERE event_id IN (SELECT unnest($event_ids::VARCHAR[]));

-- name: reserve_clips
-- Keeps what clips, a JSON list, are to be at Google Drive, if that is not kept already.
INSERT INTO clips (event_id, file_id)
SELECT given.event_id, given.file_id
FROM (
  SELECT unnest(from_json($clips, '[{"event_id": "VARCHAR", "file_id": "VARCHAR"}]'), max_depth := 2)
) AS given
WHERE NOT EXISTS (FROM clips WHERE clips.event_id = given.event_id);

-- name: record_clip
-- A clip was sent.
UPDATE clips
SET name = $named, camera_name = $camera_name, started_at = $started_at, ended_at = $ended_at, digest = $digest,
    sent_at = $at, reason = NULL, tried_at = NULL
WHERE event_id = $event_id AND file_id = $file_id;

-- name: record_clip_failures
-- Clips, a JSON list, could not be sent.
UPDATE clips
SET reason = given.reason, tried_at = $at
FROM (SELECT unnest(from_json($clips, '[{"event_id": "VARCHAR", "reason": "VARCHAR"}]'), max_depth := 2)) AS given
WHERE clips.event_id = given.event_id;

-- name: forget_clip
-- A clip at Google Drive is no longer ours.
DELETE FROM clips WHERE event_id = $event_id AND file_id = $file_id;

-- name: forget_clips
-- All of them lie in a folder that is no longer the chosen one.
DELETE FROM clips;

-- name: count_clips
-- How many were sent, and could not be sent.
SELECT
  count(*) FILTER (clips.digest IS NOT NULL) AS sent,
  max(clips.sent_at) AS last_sent_at,
  count(*) FILTER (clips.reason IS NOT NULL AND events.event_id IS NOT NULL) AS failed
FROM clips LEFT JOIN events ON events.event_id = clips.event_id;
