-- name: tokens
-- Tokens in force, by name.
SELECT * FROM tokens ORDER BY token_name;

-- name: token_of
-- The token of that digest.
SELECT * FROM tokens WHERE digest = $digest;

-- name: insert_token
-- Puts a token in force; no row if there is one of that name.
INSERT OR IGNORE INTO tokens VALUES ($token_name, $digest, $scope, $created_at) RETURNING token_name;

-- name: delete_token
-- A token is in force no longer.
DELETE FROM tokens WHERE token_name = $token_name RETURNING token_name;
