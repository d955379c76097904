ALTER TABLE packing_profiles ADD COLUMN search_interval_s DOUBLE;

COMMENT ON COLUMN packing_profiles.search_interval_s IS
  'Longest time in a packing, in seconds, without a picture that is searched for codes; NULL: as long as keyframes are apart.';
