CREATE TABLE sign_ins (
  digest VARCHAR PRIMARY KEY,
  token_name VARCHAR NOT NULL,
  began_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL
);

COMMENT ON TABLE sign_ins IS 'Browsers that somebody signed in with a token, until they sign out or the time is up.';
COMMENT ON COLUMN sign_ins.digest IS 'SHA-256 of what the browser''s cookie holds, in hexadecimal.';
COMMENT ON COLUMN sign_ins.token_name IS 'The token that it was done with, which allows what it allows; revoked, it ends this too.';
COMMENT ON COLUMN sign_ins.began_at IS 'When it was done (UTC).';
COMMENT ON COLUMN sign_ins.expires_at IS 'When it ends by itself (UTC).';
