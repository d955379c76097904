-- No unique pair: DuckDB can't look up the first column of an index over two.
CREATE TABLE event_codes (
  code_key VARCHAR NOT NULL,
  event_id VARCHAR NOT NULL
);

COMMENT ON TABLE event_codes IS 'Which events a tracking code was seen in, for looking up by code; follows from events.';
COMMENT ON COLUMN event_codes.code_key IS 'The code in lower case.';
COMMENT ON COLUMN event_codes.event_id IS 'The event, once for each key.';

INSERT INTO event_codes
SELECT unnest(list_distinct([lower(code) for code in tracking_codes])), event_id FROM events;

CREATE INDEX event_codes_by_key ON event_codes (code_key);
CREATE INDEX sights_by_event ON sights (event_id);
