-- name: events
-- Events by filter. An event of no length overlaps the time it lies in. Those that are named, by identity or code, are
-- picked out before anything else is asked of them: beside other conditions, DuckDB reads the table and not the index,
-- and nothing but an OFFSET keeps those conditions out. They are few, and ordered by whoever asks: planning that takes
-- longer than to look one up. One identity is written as a constant: a join, as for several, takes twice as long.
WITH named AS ( -- if named
  SELECT event_id, camera_name, started_at, ended_at, start_s, end_s, video_ids, tracking_codes, status -- if named
    , sights -- if named_sights
  FROM events -- if named
  WHERE true -- if named
    AND event_id = $event_id -- if event_id
    AND event_id IN (SELECT unnest($event_ids::VARCHAR[])) -- if event_ids
    AND event_id IN (SELECT event_id FROM event_codes WHERE code_key IN (SELECT lower(unnest($codes::VARCHAR[])))) -- if codes
  OFFSET 0 -- if narrowed
) -- if named
SELECT event_id, camera_name, started_at, ended_at, start_s, end_s, video_ids, tracking_codes, status
  , sights::JSON AS sights -- if sights
FROM named -- if named
FROM events -- unless named
WHERE true
  AND camera_name IN (SELECT unnest($cameras::VARCHAR[])) -- if cameras
  AND started_at < $until -- if until
  AND ended_at >= $since AND (ended_at > $since OR started_at >= $since) -- if since
  AND status IN (SELECT unnest($statuses::VARCHAR[])) -- if statuses
  AND started_at >= $behind AND (started_at, camera_name, event_id) > ($behind, $behind_camera, $behind_id) -- if behind
  AND started_at <= $before AND (started_at, camera_name, event_id) < ($before, $before_camera, $before_id) -- if before
ORDER BY started_at, camera_name, event_id -- if oldest_first
ORDER BY started_at DESC, camera_name DESC, event_id DESC -- if newest_first
LIMIT $limit -- if limit
;

-- name: events_with_code
-- The events with a code, in capitals or not.
SELECT event_id
FROM event_codes
WHERE true
  AND code_key = lower($code) -- if code
;

-- name: found_in
-- Numbers of events and of different codes in some videos. A comparison of two lists, by list_has_any, goes through the
-- one for each item of the other: 10,000 videos and 100,000 events took 20 s, and take 0.1 s.
WITH found AS (
  SELECT event_id, tracking_codes
  FROM events
  WHERE event_id IN (
    SELECT event_id
    FROM (SELECT event_id, unnest(video_ids) AS video_id FROM events)
    WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]))
  )
)
SELECT
  (SELECT count(*) FROM found) AS events,
  (SELECT count(DISTINCT code) FROM (SELECT unnest(tracking_codes) AS code FROM found)) AS tracking_codes;

-- name: found_by_camera
-- Numbers of events and of events without a code in some videos, by camera.
SELECT camera_name, count(*) AS events, count(*) FILTER (status = 'no_code') AS without_code
FROM events
WHERE event_id IN (
  SELECT event_id
  FROM (SELECT event_id, unnest(video_ids) AS video_id FROM events)
  WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]))
)
GROUP BY camera_name
ORDER BY camera_name;

-- name: codes_like
-- Codes of events that contain a text, in capitals or not; those that are it or begin with it first.
SELECT code
FROM (SELECT DISTINCT unnest(tracking_codes) AS code FROM events)
WHERE contains(lower(code), lower($text::VARCHAR))
ORDER BY lower(code) <> lower($text::VARCHAR), NOT starts_with(lower(code), lower($text::VARCHAR)), code
LIMIT $most::INTEGER;

-- name: insert_events
-- Stores events, a JSON list.
INSERT INTO events BY NAME
SELECT unnest(
  from_json(
    $events,
    '[{"event_id": "VARCHAR", "camera_name": "VARCHAR", "started_at": "TIMESTAMP", "ended_at": "TIMESTAMP",
       "start_s": "DOUBLE", "end_s": "DOUBLE", "duration_s": "DOUBLE", "video_ids": ["VARCHAR"],
       "tracking_codes": ["VARCHAR"], "status": "VARCHAR", "sights": "VARCHAR"}]'
  ),
  max_depth := 2
);

-- name: insert_event_codes
-- Has events, a JSON list, found by their codes.
INSERT INTO event_codes
SELECT unnest(list_distinct([lower(code) for code in tracking_codes])), event_id
FROM (SELECT unnest(from_json($events, '[{"event_id": "VARCHAR", "tracking_codes": ["VARCHAR"]}]'), max_depth := 2));

-- name: events_in_windows
-- The events of cameras that ended in their (after, until], a JSON list of windows: nothing else of them, as DuckDB
-- reads that of all of the cameras' events.
SELECT event_id
FROM events
JOIN (
  SELECT unnest(
    from_json($windows, '[{"camera_name": "VARCHAR", "after": "TIMESTAMP", "until": "TIMESTAMP"}]'), max_depth := 2
  )
) AS windows USING (camera_name)
WHERE (after IS NULL OR ended_at > after) AND (until IS NULL OR ended_at <= until);

-- name: events_of
-- Those of some events that are stored, with the videos they lie in and the codes seen in them.
SELECT event_id, video_ids, tracking_codes FROM events WHERE event_id IN (SELECT unnest($event_ids::VARCHAR[]));

-- name: delete_events
-- Removes some events.
DELETE FROM events WHERE event_id IN (SELECT unnest($event_ids::VARCHAR[]));

-- name: mark_done
-- Concluded videos that an event lies in, but which do not say so yet.
UPDATE file_list
SET status = 'done'
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[])) AND status = 'no_activity';

-- name: event_codes_of
-- The rows of some codes. Asked by nothing else: with more conditions, DuckDB would look at every row.
SELECT rowid AS row_number, event_id
FROM event_codes
WHERE code_key IN (SELECT lower(unnest($codes::VARCHAR[])));

-- name: delete_event_codes
-- Removes some rows.
DELETE FROM event_codes WHERE rowid IN (SELECT unnest($row_numbers::BIGINT[]));

-- name: delete_events_touching
-- Removes the events that lie in any of some videos.
DELETE FROM events
WHERE event_id IN (
  SELECT event_id
  FROM (SELECT event_id, unnest(video_ids) AS video_id FROM events)
  WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]))
)
RETURNING event_id, video_ids, tracking_codes;

-- name: forget_removed
-- The events around forgotten videos were folded again where a window, of a JSON list, takes in all of their time.
DELETE FROM removed_videos
USING (
  SELECT unnest(
    from_json($windows, '[{"camera_name": "VARCHAR", "after": "TIMESTAMP", "until": "TIMESTAMP"}]'), max_depth := 2
  )
) AS windows
WHERE removed_videos.camera_name = windows.camera_name
  AND (after IS NULL OR started_at >= after)
  AND (until IS NULL OR started_at + to_microseconds(round(duration_s * 1e6)::BIGINT) <= until);

-- name: forget_all_removed
-- All events were folded again.
DELETE FROM removed_videos;

-- name: finish_videos
-- Ends the sampling of videos, a JSON list, and tells what they came to. One alone is named besides, to be looked up.
UPDATE file_list
SET status = ended.status, reason = ended.reason, profile_digest = ended.profile_digest, exhaustive = ended.exhaustive,
    failures = 0, losses = 0, finished_at = ended.at
FROM (
  SELECT unnest(
    from_json(
      $videos,
      '[{"video_id": "VARCHAR", "status": "VARCHAR", "reason": "VARCHAR", "profile_digest": "VARCHAR",
         "exhaustive": "BOOLEAN", "at": "TIMESTAMP"}]'
    ),
    max_depth := 2
  )
) AS ended
WHERE file_list.video_id = ended.video_id
  AND file_list.video_id = $video_id -- if video_id
RETURNING file_list.video_id, file_list.status, file_list.reason, index_s, coarse_s, refine_s, second_look_s;

-- name: settle_videos
-- Tells concluded videos that an event lies in from those without.
WITH concluded AS (
  SELECT video_id,
    CASE
      WHEN video_id IN (
        SELECT event_video_id
        FROM (SELECT unnest(video_ids) AS event_video_id FROM events)
        WHERE event_video_id IN (SELECT unnest($video_ids::VARCHAR[]))
      ) THEN 'done' ELSE 'no_activity'
    END AS status
  FROM file_list
  WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[])) AND status IN ('done', 'no_activity')
)
UPDATE file_list
SET status = concluded.status
FROM concluded
WHERE file_list.video_id = concluded.video_id AND file_list.status <> concluded.status;
