ALTER TABLE sources ADD COLUMN kind VARCHAR DEFAULT 'folder';
ALTER TABLE sources ADD COLUMN title VARCHAR;
ALTER TABLE sources ADD COLUMN page_token VARCHAR;
ALTER TABLE sources ADD COLUMN looked_at TIMESTAMP;
ALTER TABLE sources ADD COLUMN trouble VARCHAR;

COMMENT ON COLUMN sources.source IS 'The root folder, or drive:// and the id of a folder at Google Drive.';
COMMENT ON COLUMN sources.kind IS 'folder or drive.';
COMMENT ON COLUMN sources.title IS 'The name of the folder at Google Drive.';
COMMENT ON COLUMN sources.page_token IS 'The page of Google Drive''s changes that the next look goes on from; NULL: it is a first one.';
COMMENT ON COLUMN sources.looked_at IS 'When it was last looked into (UTC).';
COMMENT ON COLUMN sources.trouble IS 'Why it could not be looked into then; NULL: it could.';

CREATE TABLE drive_items (
  source VARCHAR NOT NULL,
  item_id VARCHAR NOT NULL,
  parent_id VARCHAR NOT NULL,
  name VARCHAR NOT NULL,
  kind VARCHAR NOT NULL CHECK (kind IN ('folder', 'video', 'shortcut')),
  size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
  md5 VARCHAR NOT NULL,
  modified_ns BIGINT NOT NULL,
  target_id VARCHAR
);

COMMENT ON TABLE drive_items IS 'What lies below the sources at Google Drive, as it was told; page_token says up to when.';
COMMENT ON COLUMN drive_items.source IS 'The source that it lies below.';
COMMENT ON COLUMN drive_items.item_id IS 'Its id at Google Drive.';
COMMENT ON COLUMN drive_items.parent_id IS 'The id of the folder that it lies in.';
COMMENT ON COLUMN drive_items.name IS 'Its name.';
COMMENT ON COLUMN drive_items.kind IS 'folder, video or shortcut.';
COMMENT ON COLUMN drive_items.size_bytes IS 'Size of a video.';
COMMENT ON COLUMN drive_items.md5 IS 'MD5 of a video, in hexadecimal.';
COMMENT ON COLUMN drive_items.modified_ns IS 'When a video''s recording ended as far as Google Drive knows, nanoseconds since 1970.';
COMMENT ON COLUMN drive_items.target_id IS 'The id of what a shortcut leads to.';
