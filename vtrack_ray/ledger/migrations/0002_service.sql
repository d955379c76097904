ALTER TABLE processed_logs ADD COLUMN jumps STRUCT(time_s DOUBLE, is_counted_on BOOLEAN)[] DEFAULT [];

COMMENT ON COLUMN processed_logs.jumps IS 'Where the file''s timestamps go back; is_counted_on: times behind it go on, else pictures whose time has been are left out.';

ALTER TABLE file_list ADD COLUMN failures INTEGER DEFAULT 0;
ALTER TABLE file_list ADD COLUMN skipped_by VARCHAR;
ALTER TABLE file_list ADD COLUMN program_id BIGINT;

COMMENT ON COLUMN file_list.failures IS 'How often working on it failed since it last came to a good end.';
COMMENT ON COLUMN file_list.skipped_by IS 'The filter that it did not pass, while it is skipped.';
COMMENT ON COLUMN file_list.program_id IS 'The Custom program that asked for it, until that has ended; it goes first.';

CREATE TABLE sources (
  source VARCHAR PRIMARY KEY,
  added_at TIMESTAMP NOT NULL
);

COMMENT ON TABLE sources IS 'Where the service looks for videos.';
COMMENT ON COLUMN sources.source IS 'The root folder.';
COMMENT ON COLUMN sources.added_at IS 'When it was added (UTC).';

CREATE TABLE programs (
  program_id BIGINT PRIMARY KEY,
  kind VARCHAR NOT NULL CHECK (kind IN ('first', 'default', 'custom')),
  days INTEGER CHECK (days BETWEEN 1 AND 365),
  custom_path VARCHAR,
  camera_name VARCHAR,
  forced BOOLEAN NOT NULL,
  state VARCHAR NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'stopped', 'failed')),
  reason VARCHAR,
  requested_at TIMESTAMP NOT NULL,
  started_at TIMESTAMP,
  ended_at TIMESTAMP,
  CHECK ((kind = 'first') = (days IS NOT NULL)),
  CHECK ((kind = 'custom') = (custom_path IS NOT NULL)),
  CHECK ((state IN ('waiting', 'running')) = (ended_at IS NULL))
);

COMMENT ON TABLE programs IS 'What the service was asked to work on, and what became of it.';
COMMENT ON COLUMN programs.program_id IS 'Identity; a later request has a higher one.';
COMMENT ON COLUMN programs.kind IS 'first, default or custom.';
COMMENT ON COLUMN programs.days IS 'Over how many days First goes.';
COMMENT ON COLUMN programs.custom_path IS 'The file or folder of Custom.';
COMMENT ON COLUMN programs.camera_name IS 'The camera of Custom''s videos; NULL: the folder tells.';
COMMENT ON COLUMN programs.forced IS 'Whether Custom does again what is done already.';
COMMENT ON COLUMN programs.state IS 'waiting, running, done, stopped or failed.';
COMMENT ON COLUMN programs.reason IS 'Why it was stopped or failed, for a person.';
COMMENT ON COLUMN programs.requested_at IS 'When it was asked for (UTC).';
COMMENT ON COLUMN programs.started_at IS 'When the service took it up (UTC).';
COMMENT ON COLUMN programs.ended_at IS 'When it ended (UTC).';

CREATE TABLE history (
  occurrence_id BIGINT PRIMARY KEY,
  happened_at TIMESTAMP NOT NULL,
  kind VARCHAR NOT NULL,
  camera_name VARCHAR,
  video_id VARCHAR,
  attempt INTEGER,
  node VARCHAR,
  text VARCHAR NOT NULL,
  figures MAP(VARCHAR, DOUBLE) NOT NULL
);

COMMENT ON TABLE history IS 'What the service did and what happened to it, in the order of time.';
COMMENT ON COLUMN history.occurrence_id IS 'Identity; a later occurrence has a higher one.';
COMMENT ON COLUMN history.happened_at IS 'When it happened (UTC).';
COMMENT ON COLUMN history.kind IS 'What kind of thing happened, such as scan, batch or retry.';
COMMENT ON COLUMN history.camera_name IS 'The camera concerned.';
COMMENT ON COLUMN history.video_id IS 'The video concerned.';
COMMENT ON COLUMN history.attempt IS 'The attempt at the video.';
COMMENT ON COLUMN history.node IS 'The machine concerned.';
COMMENT ON COLUMN history.text IS 'What happened, for a person.';
COMMENT ON COLUMN history.figures IS 'Measured values, by name.';
