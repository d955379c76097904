-- What two runs over the same videos must agree on: no clock times, attempts or costs, and sums to the microsecond.

-- name: snapshot_file_list
-- The videos and what they came to.
SELECT video_id, source, path, camera_name, size_bytes, modified_ns, started_at, start_basis, duration_s, width_px,
  height_px, codec, status, reason, profile_digest, exhaustive, surveyed,
  round(examined_s, 6) AS examined_s, round(idle_s, 6) AS idle_s, round(unreadable_s, 6) AS unreadable_s
FROM file_list
ORDER BY source, path;

-- name: snapshot_processed_logs
-- The sampling logs.
SELECT video_id, start_s, end_s, method, profile_digest, samples::JSON AS samples, coverage::JSON AS coverage,
  jumps::JSON AS jumps, notes::JSON AS notes
FROM processed_logs
ORDER BY video_id, start_s, end_s, method;

-- name: snapshot_events
-- The events.
SELECT * REPLACE (sights::JSON AS sights) FROM events ORDER BY event_id;

-- name: snapshot_packing_profiles
-- The packing profiles.
SELECT * EXCLUDE (updated_at) FROM packing_profiles ORDER BY camera_name;
