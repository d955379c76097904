CREATE TABLE clips (
  event_id VARCHAR NOT NULL,
  file_id VARCHAR NOT NULL,
  name VARCHAR,
  camera_name VARCHAR,
  started_at TIMESTAMP,
  ended_at TIMESTAMP,
  digest VARCHAR,
  sent_at TIMESTAMP,
  reason VARCHAR,
  tried_at TIMESTAMP,
  CHECK ((digest IS NULL) = (sent_at IS NULL)),
  CHECK ((digest IS NULL) = (name IS NULL)),
  CHECK ((digest IS NULL) = (started_at IS NULL)),
  CHECK ((digest IS NULL) = (ended_at IS NULL)),
  CHECK ((digest IS NULL) = (camera_name IS NULL)),
  CHECK ((reason IS NULL) = (tried_at IS NULL))
);

CREATE UNIQUE INDEX clips_by_event ON clips (event_id);

COMMENT ON TABLE clips IS 'The clips of events at Google Drive, in folders within the one chosen for results.';
COMMENT ON COLUMN clips.event_id IS 'The event that it shows.';
COMMENT ON COLUMN clips.file_id IS 'Its identity at Google Drive, kept before it is made there: so it is made once.';
COMMENT ON COLUMN clips.name IS 'The name that it was last sent under; NULL, with all that follows up to sent_at: not sent yet.';
COMMENT ON COLUMN clips.camera_name IS 'The camera of the event as it was then.';
COMMENT ON COLUMN clips.started_at IS 'The start of the event as it was then (UTC).';
COMMENT ON COLUMN clips.ended_at IS 'The end of the event as it was then (UTC).';
COMMENT ON COLUMN clips.digest IS 'Digest of the start, the end, the videos and the codes of the event as it was then.';
COMMENT ON COLUMN clips.sent_at IS 'When that was (UTC).';
COMMENT ON COLUMN clips.reason IS 'Why it could not be sent when that was last tried; NULL: it could, or was not tried.';
COMMENT ON COLUMN clips.tried_at IS 'When that was (UTC).';

COMMENT ON TABLE results IS 'The files of events, and the folders of clips, at Google Drive, in the folder chosen for them.';
COMMENT ON COLUMN results.result IS 'Its name: the day and the format, or, of a folder of clips, the day.';
COMMENT ON COLUMN results.digest IS 'Digest of the events that it was last sent with, of a folder empty; NULL: not sent yet.';
