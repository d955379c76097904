CREATE TABLE results (
  result VARCHAR PRIMARY KEY,
  file_id VARCHAR NOT NULL,
  digest VARCHAR,
  sent_at TIMESTAMP,
  CHECK ((digest IS NULL) = (sent_at IS NULL))
);

COMMENT ON TABLE results IS 'The files of events at Google Drive, in the folder chosen for them.';
COMMENT ON COLUMN results.result IS 'Its name: the day and the format.';
COMMENT ON COLUMN results.file_id IS 'Its identity at Google Drive, kept before it is made there: so it is made once.';
COMMENT ON COLUMN results.digest IS 'Digest of the events that it was last sent with; NULL: not sent yet.';
COMMENT ON COLUMN results.sent_at IS 'When that was (UTC).';
