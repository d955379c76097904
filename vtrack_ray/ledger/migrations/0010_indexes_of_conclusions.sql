-- What every conclusion looks for: without them it would go through the codes of all events and the logs of all videos.

CREATE INDEX event_codes_by_event ON event_codes (event_id);
CREATE INDEX logs_by_video ON processed_logs (video_id);
