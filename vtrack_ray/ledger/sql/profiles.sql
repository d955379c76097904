-- name: profiles
-- The packing profile of one camera, or all.
SELECT *
FROM packing_profiles
WHERE true
  AND camera_name = $camera_name -- if camera_name
ORDER BY camera_name;

-- name: save_profile
-- Stores a camera's profile, unless a person's is to be kept.
INSERT OR REPLACE INTO packing_profiles BY NAME
SELECT
  $camera_name AS camera_name, $packing_area::INTEGER[4] AS packing_area, $qr_trigger_area::INTEGER[4] AS qr_trigger_area,
  $find_trigger AS find_trigger, $trigger_found_at::TIMESTAMP AS trigger_found_at,
  $trigger_text AS trigger_text, $code_pattern AS code_pattern, $symbologies::VARCHAR[] AS symbologies,
  $min_packing_s AS min_packing_s, $max_packing_s AS max_packing_s, $sampling_interval_s AS sampling_interval_s,
  $search_interval_s::DOUBLE AS search_interval_s,
  $continuation_gap_s AS continuation_gap_s, $clip_margin_s AS clip_margin_s, $origin AS origin, $at AS updated_at
WHERE NOT ($keep_persons AND EXISTS (
  SELECT 1 FROM packing_profiles AS stored WHERE stored.camera_name = $camera_name AND stored.origin = 'person'
))
RETURNING camera_name;

-- name: config
-- Settings and facts, but for the ledger's own.
SELECT key, value FROM processing_config WHERE NOT starts_with(key, 'ledger.') ORDER BY key;

-- name: former_profiles
-- Every profile that was ever saved, as JSON, by its digest; a later one with the same digest in place of an earlier.
SELECT value FROM processing_config WHERE starts_with(key, 'ledger.profile.');

-- name: save_configs
-- Stores settings and facts, as many keys as values.
INSERT OR REPLACE INTO processing_config
SELECT unnest($keys::VARCHAR[]), unnest($values::VARCHAR[]), $at;
