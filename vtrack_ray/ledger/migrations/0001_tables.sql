-- All TIMESTAMP columns are UTC. No foreign keys: DuckDB's break updates of unique columns.

CREATE TABLE file_list (
  video_id VARCHAR PRIMARY KEY,
  source VARCHAR NOT NULL,
  path VARCHAR NOT NULL,
  camera_name VARCHAR NOT NULL,
  size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
  modified_ns BIGINT NOT NULL,
  started_at TIMESTAMP,
  start_basis VARCHAR CHECK (start_basis IN ('container', 'name', 'modified')),
  duration_s DOUBLE CHECK (duration_s >= 0),
  width_px INTEGER CHECK (width_px >= 0),
  height_px INTEGER CHECK (height_px >= 0),
  codec VARCHAR,
  status VARCHAR NOT NULL
    CHECK (status IN ('pending', 'sampling', 'done', 'no_activity', 'failed', 'timeout', 'skipped')),
  reason VARCHAR,
  attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  profile_digest VARCHAR,
  exhaustive BOOLEAN NOT NULL DEFAULT false,
  surveyed BOOLEAN NOT NULL DEFAULT false,
  examined_s DOUBLE NOT NULL DEFAULT 0 CHECK (examined_s >= 0),
  idle_s DOUBLE NOT NULL DEFAULT 0 CHECK (idle_s >= 0),
  unreadable_s DOUBLE NOT NULL DEFAULT 0 CHECK (unreadable_s >= 0),
  index_s DOUBLE NOT NULL DEFAULT 0 CHECK (index_s >= 0),
  coarse_s DOUBLE NOT NULL DEFAULT 0 CHECK (coarse_s >= 0),
  refine_s DOUBLE NOT NULL DEFAULT 0 CHECK (refine_s >= 0),
  second_look_s DOUBLE NOT NULL DEFAULT 0 CHECK (second_look_s >= 0),
  pictures BIGINT NOT NULL DEFAULT 0 CHECK (pictures >= 0),
  added_at TIMESTAMP NOT NULL,
  retry_at TIMESTAMP,
  claimed_at TIMESTAMP,
  finished_at TIMESTAMP,
  UNIQUE (path),
  CHECK ((started_at IS NULL) = (duration_s IS NULL)),
  CHECK (status <> 'sampling' OR (attempt > 0 AND claimed_at IS NOT NULL AND started_at IS NOT NULL)),
  CHECK ((status IN ('pending', 'sampling')) = (finished_at IS NULL)),
  CHECK (status NOT IN ('failed', 'timeout', 'skipped') OR reason IS NOT NULL)
);

COMMENT ON TABLE file_list IS 'The videos, one row each: what is recorded, where processing stands, what it came to.';
COMMENT ON COLUMN file_list.video_id IS 'Identity: digest of path, size and modification time.';
COMMENT ON COLUMN file_list.source IS 'Where the file comes from: a root folder or a Google Drive folder.';
COMMENT ON COLUMN file_list.path IS 'The whole path, from the source''s root; bytes that are no UTF-8 are written as 0x1A and four hex digits.';
COMMENT ON COLUMN file_list.camera_name IS 'The packing station''s camera.';
COMMENT ON COLUMN file_list.size_bytes IS 'Size of the file when it was found.';
COMMENT ON COLUMN file_list.modified_ns IS 'Modification time when it was found, nanoseconds since 1970.';
COMMENT ON COLUMN file_list.started_at IS 'Instant of the first picture (UTC); NULL until the header was read.';
COMMENT ON COLUMN file_list.start_basis IS 'What the start was taken from: container, name or modified.';
COMMENT ON COLUMN file_list.duration_s IS 'Length in seconds.';
COMMENT ON COLUMN file_list.width_px IS 'Width of its pictures in pixels.';
COMMENT ON COLUMN file_list.height_px IS 'Height of its pictures in pixels.';
COMMENT ON COLUMN file_list.codec IS 'Name of the video codec.';
COMMENT ON COLUMN file_list.status IS 'pending, sampling, done, no_activity, failed, timeout or skipped.';
COMMENT ON COLUMN file_list.reason IS 'Why it has that status, for a person.';
COMMENT ON COLUMN file_list.attempt IS 'How often it was claimed; answers of an earlier attempt are refused.';
COMMENT ON COLUMN file_list.profile_digest IS 'Digest of the packing profile it was sampled with.';
COMMENT ON COLUMN file_list.exhaustive IS 'Whether every picture was examined.';
COMMENT ON COLUMN file_list.surveyed IS 'Whether it was looked through for a trigger card.';
COMMENT ON COLUMN file_list.examined_s IS 'Seconds looked at as closely as the profile asks.';
COMMENT ON COLUMN file_list.idle_s IS 'Seconds left out because the table was idle.';
COMMENT ON COLUMN file_list.unreadable_s IS 'Seconds whose pictures can''t be decoded.';
COMMENT ON COLUMN file_list.index_s IS 'Processing seconds spent on the packet index.';
COMMENT ON COLUMN file_list.coarse_s IS 'Processing seconds spent on the coarse look.';
COMMENT ON COLUMN file_list.refine_s IS 'Processing seconds spent on refining.';
COMMENT ON COLUMN file_list.second_look_s IS 'Processing seconds spent on the second look.';
COMMENT ON COLUMN file_list.pictures IS 'Pictures decoded.';
COMMENT ON COLUMN file_list.added_at IS 'When a scan first found it (UTC).';
COMMENT ON COLUMN file_list.retry_at IS 'Not to be claimed before this instant (UTC); NULL: any time.';
COMMENT ON COLUMN file_list.claimed_at IS 'When it was last claimed (UTC).';
COMMENT ON COLUMN file_list.finished_at IS 'When it came to its final status (UTC).';

CREATE TABLE removed_videos (
  video_id VARCHAR PRIMARY KEY,
  source VARCHAR NOT NULL,
  path VARCHAR NOT NULL,
  camera_name VARCHAR NOT NULL,
  size_bytes BIGINT NOT NULL,
  modified_ns BIGINT NOT NULL,
  started_at TIMESTAMP NOT NULL,
  start_basis VARCHAR NOT NULL,
  duration_s DOUBLE NOT NULL,
  width_px INTEGER NOT NULL,
  height_px INTEGER NOT NULL,
  codec VARCHAR NOT NULL
);

COMMENT ON TABLE removed_videos IS
  'Videos whose file has changed, until the events of their neighbours have been folded again.';
COMMENT ON COLUMN removed_videos.video_id IS 'Identity of the former video.';
COMMENT ON COLUMN removed_videos.source IS 'Where the file comes from.';
COMMENT ON COLUMN removed_videos.path IS 'The whole path, from the source''s root.';
COMMENT ON COLUMN removed_videos.camera_name IS 'The packing station''s camera.';
COMMENT ON COLUMN removed_videos.size_bytes IS 'Size of the former file.';
COMMENT ON COLUMN removed_videos.modified_ns IS 'Modification time of the former file, nanoseconds since 1970.';
COMMENT ON COLUMN removed_videos.started_at IS 'Instant of the first picture (UTC).';
COMMENT ON COLUMN removed_videos.start_basis IS 'What the start was taken from.';
COMMENT ON COLUMN removed_videos.duration_s IS 'Length in seconds.';
COMMENT ON COLUMN removed_videos.width_px IS 'Width of its pictures in pixels.';
COMMENT ON COLUMN removed_videos.height_px IS 'Height of its pictures in pixels.';
COMMENT ON COLUMN removed_videos.codec IS 'Name of the video codec.';

CREATE TABLE processed_logs (
  video_id VARCHAR NOT NULL,
  start_s DOUBLE NOT NULL CHECK (start_s >= 0),
  end_s DOUBLE NOT NULL,
  method VARCHAR NOT NULL CHECK (method IN ('cascade', 'exhaustive', 'second_look')),
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  profile_digest VARCHAR NOT NULL,
  samples STRUCT(
    time_s DOUBLE, "trigger" VARCHAR, hand BOOLEAN, looked BOOLEAN,
    sights STRUCT(
      code VARCHAR, symbology VARCHAR, x INTEGER, y INTEGER, width INTEGER, height INTEGER, decoder VARCHAR,
      fused_s DOUBLE[]
    )[]
  )[] NOT NULL,
  coverage STRUCT(start_s DOUBLE, end_s DOUBLE, coverage VARCHAR, reason VARCHAR)[] NOT NULL,
  pictures BIGINT NOT NULL CHECK (pictures >= 0),
  seconds MAP(VARCHAR, DOUBLE) NOT NULL,
  notes VARCHAR[] NOT NULL,
  PRIMARY KEY (video_id, start_s, end_s, method),
  CHECK (end_s >= start_s)
);

COMMENT ON TABLE processed_logs IS 'The sampling logs, one row a span of a video and method.';
COMMENT ON COLUMN processed_logs.video_id IS 'The video that was sampled.';
COMMENT ON COLUMN processed_logs.start_s IS 'Start of the span, seconds from the video''s first picture.';
COMMENT ON COLUMN processed_logs.end_s IS 'End of the span, seconds from the video''s first picture.';
COMMENT ON COLUMN processed_logs.method IS 'How pictures were chosen: cascade, exhaustive or second_look.';
COMMENT ON COLUMN processed_logs.attempt IS 'The attempt that sampled it.';
COMMENT ON COLUMN processed_logs.profile_digest IS 'Digest of the packing profile it was sampled with.';
COMMENT ON COLUMN processed_logs.samples IS 'What each examined picture shows; looked: whether codes were looked for at all.';
COMMENT ON COLUMN processed_logs.coverage IS 'Which parts of the span were examined, idle or unreadable; empty for a second look.';
COMMENT ON COLUMN processed_logs.pictures IS 'Pictures decoded.';
COMMENT ON COLUMN processed_logs.seconds IS 'Processing seconds by stage.';
COMMENT ON COLUMN processed_logs.notes IS 'Remarks of the sampler, for a person.';

CREATE TABLE events (
  event_id VARCHAR PRIMARY KEY,
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

CREATE TABLE sights (
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
  fused_s DOUBLE[] NOT NULL,
  PRIMARY KEY (event_id, ordinal)
);

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

CREATE TABLE packing_profiles (
  camera_name VARCHAR PRIMARY KEY,
  packing_area INTEGER[4],
  qr_trigger_area INTEGER[4],
  find_trigger BOOLEAN NOT NULL,
  trigger_found_at TIMESTAMP,
  trigger_text VARCHAR NOT NULL,
  code_pattern VARCHAR NOT NULL,
  symbologies VARCHAR[] NOT NULL CHECK (len(symbologies) > 0),
  min_packing_s DOUBLE NOT NULL CHECK (min_packing_s > 0),
  max_packing_s DOUBLE NOT NULL,
  sampling_interval_s DOUBLE NOT NULL CHECK (sampling_interval_s > 0),
  continuation_gap_s DOUBLE NOT NULL CHECK (continuation_gap_s >= 0),
  clip_margin_s DOUBLE NOT NULL CHECK (clip_margin_s >= 0),
  origin VARCHAR NOT NULL CHECK (origin IN ('auto', 'person')),
  updated_at TIMESTAMP NOT NULL,
  CHECK (max_packing_s > min_packing_s)
);

COMMENT ON TABLE packing_profiles IS 'The packing profiles, one row a camera.';
COMMENT ON COLUMN packing_profiles.camera_name IS 'The camera it is for.';
COMMENT ON COLUMN packing_profiles.packing_area IS 'x, y, width and height in pixels of where labels are looked for; NULL: everywhere.';
COMMENT ON COLUMN packing_profiles.qr_trigger_area IS 'x, y, width and height in pixels of where the trigger card lies; NULL: no card.';
COMMENT ON COLUMN packing_profiles.find_trigger IS 'Whether the trigger card is looked for where no area is set.';
COMMENT ON COLUMN packing_profiles.trigger_found_at IS
  'Start of the video in which the card was found by itself (UTC); NULL: it was not.';
COMMENT ON COLUMN packing_profiles.trigger_text IS 'The text of the trigger card''s QR code.';
COMMENT ON COLUMN packing_profiles.code_pattern IS 'Regular expression that a tracking code''s whole text matches.';
COMMENT ON COLUMN packing_profiles.symbologies IS 'Kinds of barcode that labels carry.';
COMMENT ON COLUMN packing_profiles.min_packing_s IS 'Shortest packing in seconds.';
COMMENT ON COLUMN packing_profiles.max_packing_s IS 'Longest packing in seconds.';
COMMENT ON COLUMN packing_profiles.sampling_interval_s IS 'Seconds between two samples where pictures are sampled regularly.';
COMMENT ON COLUMN packing_profiles.continuation_gap_s IS 'Longest gap in seconds between two videos that an event may cross.';
COMMENT ON COLUMN packing_profiles.clip_margin_s IS 'Seconds shown before and after an event in its clip.';
COMMENT ON COLUMN packing_profiles.origin IS 'auto: found by vtrack; person: set by someone, never overwritten.';
COMMENT ON COLUMN packing_profiles.updated_at IS 'When it was last saved (UTC).';

CREATE TABLE processing_config (
  key VARCHAR PRIMARY KEY,
  value VARCHAR NOT NULL,
  updated_at TIMESTAMP NOT NULL
);

COMMENT ON TABLE processing_config IS 'Settings last used and facts about this database.';
COMMENT ON COLUMN processing_config.key IS 'The name of the setting or fact.';
COMMENT ON COLUMN processing_config.value IS 'Its value, as its owner writes it.';
COMMENT ON COLUMN processing_config.updated_at IS 'When it was last saved (UTC).';
