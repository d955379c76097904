-- name: standing_commits
-- Which database this is, and how many commits it has had; no row where they were never counted.
SELECT
  (SELECT value FROM processing_config WHERE key = 'ledger.database') AS database,
  value::BIGINT AS commits
FROM processing_config
WHERE key = 'ledger.commits';

-- name: begin_counting
-- Commits are counted from now on, if they are not yet.
INSERT OR IGNORE INTO processing_config VALUES ('ledger.database', $database, $at), ('ledger.commits', '0', $at);

-- name: count_commit
-- One commit more: this one, which makes it so many.
UPDATE processing_config SET value = $commits WHERE key = 'ledger.commits';
