-- name: programs
-- Programs, earliest first; those not ended alone, if asked.
SELECT * FROM programs WHERE NOT $unended OR ended_at IS NULL ORDER BY program_id;

-- name: insert_program
-- Keeps a request. Numbers are counted here: a copy of a database begins its sequences anew.
INSERT INTO programs
SELECT (SELECT coalesce(max(program_id), 0) + 1 FROM programs), $kind, $days, $custom_path, $camera_name, $forced, 'waiting', NULL, $at, NULL, NULL
RETURNING *;

-- name: start_program
-- The service takes a program up.
UPDATE programs SET state = 'running', started_at = $at WHERE program_id = $program_id AND state = 'waiting';

-- name: end_programs
-- Ends programs that have not ended.
UPDATE programs
SET state = $state, reason = $reason, ended_at = $at
WHERE ended_at IS NULL AND program_id IN (SELECT unnest($program_ids::BIGINT[]))
RETURNING program_id, kind;

-- name: is_first_run_done
-- A row if First was done.
SELECT program_id FROM programs WHERE kind = 'first' AND state = 'done' LIMIT 1;

-- name: release_from_programs
-- Videos that ended programs had asked for wait their turn again.
UPDATE file_list SET program_id = NULL WHERE program_id IN (SELECT unnest($program_ids::BIGINT[]));

-- name: assign_to_program
-- Videos that a program asks for, if it has not ended meanwhile.
UPDATE file_list
SET program_id = $program_id
WHERE video_id IN (SELECT unnest($video_ids::VARCHAR[]))
  AND EXISTS (SELECT 1 FROM programs WHERE program_id = $program_id AND ended_at IS NULL);

-- name: unfinished_of_programs
-- Numbers of videos still to be worked on, by program.
SELECT program_id, count(*) AS videos
FROM file_list
WHERE program_id IS NOT NULL AND status IN ('pending', 'sampling')
GROUP BY program_id;

-- name: delete_config
-- Forgets a setting or fact.
DELETE FROM processing_config WHERE key = $key;
