-- What has to hold in a database; each query gives what breaks it.

-- name: unaccounted_videos
-- Concluded videos whose time is not accounted for, to the millisecond.
SELECT path, duration_s, examined_s + idle_s + unreadable_s AS told_s
FROM file_list
WHERE status IN ('done', 'no_activity')
  AND (duration_s IS NULL OR abs(examined_s + idle_s + unreadable_s - duration_s) > 0.001)
ORDER BY path;

-- name: missummed_videos
-- Videos whose record is not the sum of their sampling logs.
WITH accounted AS (
  SELECT video_id, from_json(coverage, '[{"start_s": "DOUBLE", "end_s": "DOUBLE", "coverage": "VARCHAR"}]') AS coverage
  FROM processed_logs
), logged AS (
  SELECT video_id,
    coalesce(fsum(list_sum([s.end_s - s.start_s for s in coverage if s.coverage = 'examined'])), 0) AS examined_s,
    coalesce(fsum(list_sum([s.end_s - s.start_s for s in coverage if s.coverage = 'idle'])), 0) AS idle_s,
    coalesce(fsum(list_sum([s.end_s - s.start_s for s in coverage if s.coverage = 'unreadable'])), 0) AS unreadable_s
  FROM accounted
  GROUP BY video_id
)
SELECT path
FROM file_list LEFT JOIN logged USING (video_id)
WHERE abs(file_list.examined_s - coalesce(logged.examined_s, 0)) > 0.001
  OR abs(file_list.idle_s - coalesce(logged.idle_s, 0)) > 0.001
  OR abs(file_list.unreadable_s - coalesce(logged.unreadable_s, 0)) > 0.001
ORDER BY path;

-- name: orphan_logs
-- Sampling logs of videos that are not known.
SELECT DISTINCT video_id FROM processed_logs WHERE video_id NOT IN (SELECT video_id FROM file_list) ORDER BY video_id;

-- name: miscoded_events
-- Events that are found by other codes than were seen in them, by one twice, or without being there.
WITH seen AS (
  SELECT event_id, list_sort(list_distinct([lower(code) for code in tracking_codes])) AS keys
  FROM events
  WHERE len(tracking_codes) > 0
), found AS (
  SELECT event_id, list_sort(list(code_key)) AS keys FROM event_codes GROUP BY event_id
)
SELECT event_id
FROM seen FULL JOIN found USING (event_id)
WHERE seen.keys IS DISTINCT FROM found.keys
ORDER BY event_id;

-- name: orphan_events
-- Events in videos that are not known.
SELECT DISTINCT event_id
FROM (SELECT event_id, unnest(video_ids) AS video_id FROM events)
WHERE video_id NOT IN (SELECT video_id FROM file_list)
ORDER BY event_id;

-- name: stray_sights
-- Events with sights in videos that they do not lie in.
SELECT event_id
FROM events
WHERE NOT list_has_all(video_ids, from_json(sights, '[{"video_id": "VARCHAR"}]').list_transform(lambda s: s.video_id))
ORDER BY event_id;

-- name: unsettled_videos
-- Concluded videos that are done with no event in them, or no_activity with one.
SELECT path
FROM file_list
WHERE status IN ('done', 'no_activity')
  AND (status = 'done') <> (video_id IN (SELECT unnest(video_ids) FROM events))
ORDER BY path;

-- name: concluded_videos
-- Concluded videos in the order in which they were.
SELECT * FROM file_list WHERE status IN ('done', 'no_activity') ORDER BY finished_at, started_at, path;

-- name: unconcluded_videos
-- Videos that may have been concluded before, and have no logs now that tell so.
SELECT * FROM file_list
WHERE status NOT IN ('done', 'no_activity') AND attempt > 0 AND started_at IS NOT NULL
ORDER BY camera_name, started_at, path;

-- name: settle_all_videos
-- Tells the concluded videos that an event lies in from those without.
UPDATE file_list
SET status = CASE WHEN video_id IN (SELECT unnest(video_ids) FROM events) THEN 'done' ELSE 'no_activity' END
WHERE status IN ('done', 'no_activity');
