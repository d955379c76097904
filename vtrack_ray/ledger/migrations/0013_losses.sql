ALTER TABLE file_list ADD COLUMN losses INTEGER DEFAULT 0;

COMMENT ON COLUMN file_list.losses IS
  'How often whoever worked on it was lost, machine or service, since it last came to a good end or was taken up anew.';
COMMENT ON COLUMN file_list.video_id IS
  'Identity: digest of path, size and modification time; of a file at Google Drive, of its id and MD5.';
