-- What has lists in it is kept as JSON: of lists in a column, DuckDB 2.0 writes those of up to 2,048 rows before it to its
-- log with every commit. As text: a log that is read back knows no type JSON yet.

CREATE TABLE processed_logs_anew (
  video_id VARCHAR NOT NULL,
  start_s DOUBLE NOT NULL CHECK (start_s >= 0),
  end_s DOUBLE NOT NULL,
  method VARCHAR NOT NULL CHECK (method IN ('cascade', 'exhaustive', 'second_look')),
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  profile_digest VARCHAR NOT NULL,
  samples VARCHAR NOT NULL,
  coverage VARCHAR NOT NULL,
  pictures BIGINT NOT NULL CHECK (pictures >= 0),
  seconds VARCHAR NOT NULL,
  jumps VARCHAR NOT NULL DEFAULT '[]',
  notes VARCHAR NOT NULL,
  PRIMARY KEY (video_id, start_s, end_s, method),
  CHECK (end_s >= start_s)
);

CREATE TABLE history_anew (
  occurrence_id BIGINT PRIMARY KEY,
  happened_at TIMESTAMP NOT NULL,
  kind VARCHAR NOT NULL,
  camera_name VARCHAR,
  video_id VARCHAR,
  attempt INTEGER,
  node VARCHAR,
  text VARCHAR NOT NULL,
  figures VARCHAR NOT NULL
);

INSERT INTO processed_logs_anew BY NAME
SELECT * REPLACE (
  to_json(samples) AS samples, to_json(coverage) AS coverage, to_json(seconds) AS seconds,
  to_json(coalesce(jumps, [])) AS jumps, to_json(notes) AS notes
)
FROM processed_logs;
INSERT INTO history_anew BY NAME SELECT * REPLACE (to_json(figures) AS figures) FROM history;
DROP TABLE processed_logs;
DROP TABLE history;
ALTER TABLE processed_logs_anew RENAME TO processed_logs;
ALTER TABLE history_anew RENAME TO history;

CREATE INDEX logs_by_video ON processed_logs (video_id);

COMMENT ON TABLE processed_logs IS 'The sampling logs, one row a span of a video and method.';
COMMENT ON COLUMN processed_logs.video_id IS 'The video that was sampled.';
COMMENT ON COLUMN processed_logs.start_s IS 'Start of the span, seconds from the video''s first picture.';
COMMENT ON COLUMN processed_logs.end_s IS 'End of the span, seconds from the video''s first picture.';
COMMENT ON COLUMN processed_logs.method IS 'How pictures were chosen: cascade, exhaustive or second_look.';
COMMENT ON COLUMN processed_logs.attempt IS 'The attempt that sampled it.';
COMMENT ON COLUMN processed_logs.profile_digest IS 'Digest of the packing profile it was sampled with.';
COMMENT ON COLUMN processed_logs.samples IS
  'What each examined picture shows, a JSON list; looked: whether codes were looked for at all.';
COMMENT ON COLUMN processed_logs.coverage IS
  'Which parts of the span were examined, idle or unreadable, a JSON list; empty for a second look.';
COMMENT ON COLUMN processed_logs.pictures IS 'Pictures decoded.';
COMMENT ON COLUMN processed_logs.seconds IS 'Processing seconds by stage, a JSON object.';
COMMENT ON COLUMN processed_logs.jumps IS
  'Where the file''s timestamps go back, a JSON list; is_counted_on: times behind it go on, else pictures whose time has been are left out.';
COMMENT ON COLUMN processed_logs.notes IS 'Remarks of the sampler, for a person, a JSON list.';
COMMENT ON TABLE history IS 'What the service did and what happened to it, in the order of time.';
COMMENT ON COLUMN history.occurrence_id IS 'Identity; a later occurrence has a higher one.';
COMMENT ON COLUMN history.happened_at IS 'When it happened (UTC).';
COMMENT ON COLUMN history.kind IS 'What kind of thing happened, such as scan, batch or retry.';
COMMENT ON COLUMN history.camera_name IS 'The camera concerned.';
COMMENT ON COLUMN history.video_id IS 'The video concerned.';
COMMENT ON COLUMN history.attempt IS 'The attempt at the video.';
COMMENT ON COLUMN history.node IS 'The machine concerned.';
COMMENT ON COLUMN history.text IS 'What happened, for a person.';
COMMENT ON COLUMN history.figures IS 'Measured values by name, a JSON object.';
