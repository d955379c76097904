-- An event's sights go with it, as JSON, and its codes are looked for by the code alone: whenever DuckDB puts its log in
-- the tables, it writes all of an index anew that anything was added to, and these two were more than half of that.

CREATE TABLE events_anew (
  event_id VARCHAR NOT NULL,
  camera_name VARCHAR NOT NULL,
  started_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP NOT NULL,
  start_s DOUBLE NOT NULL,
  end_s DOUBLE NOT NULL,
  duration_s DOUBLE NOT NULL CHECK (duration_s >= 0),
  video_ids VARCHAR[] NOT NULL CHECK (len(video_ids) > 0),
  tracking_codes VARCHAR[] NOT NULL,
  status VARCHAR NOT NULL CHECK (status IN ('complete', 'no_code', 'overlong', 'incomplete')),
  sights VARCHAR NOT NULL,
  CHECK (ended_at >= started_at),
  CHECK (end_s >= start_s)
);

-- One sixteenth after the other: all at once, two million sights take a gigabyte. In the order in which they are there,
-- which is nearly that of time: so parts of the table are skipped where a time is asked for.
CREATE TEMP MACRO events_with_sights(part) AS TABLE
WITH chosen AS (
  SELECT rowid AS place, * FROM events WHERE rowid * 16 // (SELECT max(rowid) + 1 FROM events) = part
)
SELECT chosen.* EXCLUDE (place), coalesce(seen.sights, '[]') AS sights
FROM chosen
LEFT JOIN (
  SELECT event_id,
    to_json(
      list(
        {
          'code': code, 'symbology': symbology, 'video_id': video_id, 'time_s': time_s, 'seen_us': epoch_us(seen_at),
          'x': x, 'y': y, 'width': width, 'height': height, 'decoder': decoder, 'fused_s': fused_s
        }
        ORDER BY ordinal
      )
    )::VARCHAR AS sights
  FROM sights
  WHERE event_id IN (SELECT event_id FROM chosen)
  GROUP BY event_id
) AS seen USING (event_id)
ORDER BY place;

INSERT INTO events_anew BY NAME FROM events_with_sights(0);
INSERT INTO events_anew BY NAME FROM events_with_sights(1);
INSERT INTO events_anew BY NAME FROM events_with_sights(2);
INSERT INTO events_anew BY NAME FROM events_with_sights(3);
INSERT INTO events_anew BY NAME FROM events_with_sights(4);
INSERT INTO events_anew BY NAME FROM events_with_sights(5);
INSERT INTO events_anew BY NAME FROM events_with_sights(6);
INSERT INTO events_anew BY NAME FROM events_with_sights(7);
INSERT INTO events_anew BY NAME FROM events_with_sights(8);
INSERT INTO events_anew BY NAME FROM events_with_sights(9);
INSERT INTO events_anew BY NAME FROM events_with_sights(10);
INSERT INTO events_anew BY NAME FROM events_with_sights(11);
INSERT INTO events_anew BY NAME FROM events_with_sights(12);
INSERT INTO events_anew BY NAME FROM events_with_sights(13);
INSERT INTO events_anew BY NAME FROM events_with_sights(14);
INSERT INTO events_anew BY NAME FROM events_with_sights(15);
DROP MACRO TABLE events_with_sights;
DROP TABLE events;
DROP TABLE sights;
ALTER TABLE events_anew RENAME TO events;

DROP INDEX event_codes_by_event;
DELETE FROM event_codes WHERE event_id NOT IN (SELECT event_id FROM events);

CREATE UNIQUE INDEX events_by_id ON events (event_id);

COMMENT ON TABLE events IS 'The packing events, one row each.';
COMMENT ON COLUMN events.event_id IS 'Identity: digest of camera and start.';
COMMENT ON COLUMN events.camera_name IS 'The packing station''s camera.';
COMMENT ON COLUMN events.started_at IS 'Start (UTC).';
COMMENT ON COLUMN events.ended_at IS 'End (UTC).';
COMMENT ON COLUMN events.start_s IS 'Start in seconds from the first picture of the first of its videos.';
COMMENT ON COLUMN events.end_s IS 'End in seconds from the first picture of the first of its videos.';
COMMENT ON COLUMN events.duration_s IS 'Length in seconds.';
COMMENT ON COLUMN events.video_ids IS 'The videos it lies in, in time order.';
COMMENT ON COLUMN events.tracking_codes IS 'The codes seen, each once, in the order of their first sights.';
COMMENT ON COLUMN events.status IS 'complete, no_code, overlong or incomplete.';
COMMENT ON COLUMN events.sights IS
  'Every sight of a code, in time order, a JSON list: the text and the kind of code (by zxing-cpp''s name), the video, when (time_s: seconds from that video''s first picture; seen_us: microseconds since 1970, UTC), the box in pixels of the recorded picture, the decoder, and fused_s: times of the pictures that it was read from together, empty where one picture shows it.';
COMMENT ON COLUMN processed_logs.samples IS
  'What each examined picture shows, a JSON list; what was not looked for is left out.';
