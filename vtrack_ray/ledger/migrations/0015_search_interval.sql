ALTER TABLE packing_profiles ADD COLUMN search_interval_s DOUBLE;

COMMENT ON COLUMN packing_profiles.search_interval_s IS
  'About how often, in seconds, a packing is searched for codes where something moves; NULL: mostly at keyframes.';
