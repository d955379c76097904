-- The tables that are written over again and again have indexes with names in the place of primary keys: those can be
-- made anew from the rows, which the owner does when the last one was killed.

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
  CHECK (ended_at >= started_at),
  CHECK (end_s >= start_s)
);

CREATE TABLE sights_anew (
  event_id VARCHAR NOT NULL,
  ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
  code VARCHAR NOT NULL,
  symbology VARCHAR NOT NULL,
  video_id VARCHAR NOT NULL,
  time_s DOUBLE NOT NULL,
  seen_at TIMESTAMP NOT NULL,
  x INTEGER NOT NULL,
  y INTEGER NOT NULL,
  width INTEGER NOT NULL CHECK (width >= 0),
  height INTEGER NOT NULL CHECK (height >= 0),
  decoder VARCHAR NOT NULL,
  fused_s DOUBLE[] NOT NULL
);

INSERT INTO events_anew BY NAME FROM events;
INSERT INTO sights_anew BY NAME FROM sights;
DROP TABLE events;
DROP TABLE sights;
ALTER TABLE events_anew RENAME TO events;
ALTER TABLE sights_anew RENAME TO sights;

CREATE UNIQUE INDEX events_by_id ON events (event_id);
CREATE INDEX sights_by_event ON sights (event_id);

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
COMMENT ON TABLE sights IS 'Every sight of a tracking code within an event.';
COMMENT ON COLUMN sights.event_id IS 'The event it belongs to.';
COMMENT ON COLUMN sights.ordinal IS 'Its place among the event''s sights, from 0, in time order.';
COMMENT ON COLUMN sights.code IS 'The text of the code.';
COMMENT ON COLUMN sights.symbology IS 'The kind of barcode, by zxing-cpp''s name.';
COMMENT ON COLUMN sights.video_id IS 'The video it was seen in.';
COMMENT ON COLUMN sights.time_s IS 'When, in seconds from that video''s first picture.';
COMMENT ON COLUMN sights.seen_at IS 'When (UTC).';
COMMENT ON COLUMN sights.x IS 'Left edge in pixels of the recorded picture.';
COMMENT ON COLUMN sights.y IS 'Top edge in pixels of the recorded picture.';
COMMENT ON COLUMN sights.width IS 'Width in pixels of the recorded picture.';
COMMENT ON COLUMN sights.height IS 'Height in pixels of the recorded picture.';
COMMENT ON COLUMN sights.decoder IS 'The decoder that read it.';
COMMENT ON COLUMN sights.fused_s IS
  'Times of the pictures that it was read from together, seconds as in time_s; empty where one picture shows it.';
