CREATE TABLE nodes (
  node_name VARCHAR PRIMARY KEY,
  address VARCHAR NOT NULL,
  is_head BOOLEAN NOT NULL,
  state VARCHAR NOT NULL CHECK (state IN ('working', 'draining', 'drained', 'resting', 'silent', 'unfit')),
  reason VARCHAR,
  cores INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  running INTEGER NOT NULL,
  cpu_percent DOUBLE,
  memory_percent DOUBLE,
  seen_at TIMESTAMP NOT NULL,
  sources STRUCT(source VARCHAR, reach VARCHAR, reason VARCHAR)[] NOT NULL
);

COMMENT ON TABLE nodes IS 'The machines of the cluster, as the service last saw them.';
COMMENT ON COLUMN nodes.node_name IS 'The machine''s name.';
COMMENT ON COLUMN nodes.address IS 'Where the other machines reach it.';
COMMENT ON COLUMN nodes.is_head IS 'Whether the database is there.';
COMMENT ON COLUMN nodes.state IS 'working, draining, drained, resting, silent or unfit.';
COMMENT ON COLUMN nodes.reason IS 'Why it is given no work, for a person.';
COMMENT ON COLUMN nodes.cores IS 'How many processors it has for tasks.';
COMMENT ON COLUMN nodes.batch IS 'How many tasks it may work on at once.';
COMMENT ON COLUMN nodes.running IS 'How many it worked on.';
COMMENT ON COLUMN nodes.cpu_percent IS 'How much of its processors was in use, by whatever.';
COMMENT ON COLUMN nodes.memory_percent IS 'How much of its memory was in use, by whatever.';
COMMENT ON COLUMN nodes.seen_at IS 'When this was so (UTC).';
COMMENT ON COLUMN nodes.sources IS 'How it gets at each source: own, head or none, and why it does not see the files itself.';

CREATE TABLE drained_nodes (
  node_name VARCHAR PRIMARY KEY,
  ordered_at TIMESTAMP NOT NULL
);

COMMENT ON TABLE drained_nodes IS 'Machines that are to be given no more work.';
COMMENT ON COLUMN drained_nodes.node_name IS 'The machine''s name.';
COMMENT ON COLUMN drained_nodes.ordered_at IS 'When that was ordered (UTC).';
