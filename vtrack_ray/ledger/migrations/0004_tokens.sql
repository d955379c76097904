CREATE TABLE tokens (
  token_name VARCHAR PRIMARY KEY,
  digest VARCHAR NOT NULL,
  scope VARCHAR NOT NULL CHECK (scope IN ('read', 'operate')),
  created_at TIMESTAMP NOT NULL
);

COMMENT ON TABLE tokens IS 'Who may use the HTTP service.';
COMMENT ON COLUMN tokens.token_name IS 'Whose token it is, or what for.';
COMMENT ON COLUMN tokens.digest IS 'SHA-256 of the token, in hexadecimal; the token itself is not kept.';
COMMENT ON COLUMN tokens.scope IS 'read, or operate: to say what the service works on as well.';
COMMENT ON COLUMN tokens.created_at IS 'When it was made (UTC).';
