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

-- name: delete_sign_ins_by
-- Ends the sign-ins by a token.
DELETE FROM sign_ins WHERE token_name = $token_name;

-- name: delete_expired_sign_ins
-- Drops the sign-ins whose time is up.
DELETE FROM sign_ins WHERE expires_at <= $at;

-- name: insert_sign_in
-- Keeps a sign-in.
INSERT INTO sign_ins VALUES ($digest, $token_name, $began_at, $expires_at);

-- name: sign_in_of
-- The sign-in of that digest, with its token, if its time is not up.
SELECT tokens.*, sign_ins.began_at, sign_ins.expires_at
FROM sign_ins JOIN tokens USING (token_name)
WHERE sign_ins.digest = $digest AND sign_ins.expires_at > $at;

-- name: delete_sign_in
-- Ends a sign-in.
DELETE FROM sign_ins WHERE digest = $digest RETURNING digest;
