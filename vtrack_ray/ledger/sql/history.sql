-- name: record_occurrences
-- Adds occurrences, a JSON list, to the history.
INSERT INTO history
SELECT (SELECT coalesce(max(occurrence_id), 0) FROM history) + row_number() OVER (), happened_at, kind, camera_name, video_id, attempt, node, text, figures
FROM (
  SELECT unnest(
    from_json(
      $occurrences,
      '[{"happened_at": "TIMESTAMP", "kind": "VARCHAR", "camera_name": "VARCHAR", "video_id": "VARCHAR", "attempt": "INTEGER",
         "node": "VARCHAR", "text": "VARCHAR", "figures": "JSON"}]'
    ),
    max_depth := 2
  )
);

-- name: history
-- The latest occurrences by filter, earliest first; NULL means any.
SELECT *
FROM (
  SELECT * REPLACE (figures::JSON AS figures)
  FROM history
  WHERE ($kinds::VARCHAR[] IS NULL OR kind IN (SELECT unnest($kinds::VARCHAR[])))
    AND ($cameras::VARCHAR[] IS NULL OR camera_name IN (SELECT unnest($cameras::VARCHAR[])))
    AND ($video_ids::VARCHAR[] IS NULL OR video_id IN (SELECT unnest($video_ids::VARCHAR[])))
    AND ($since::TIMESTAMP IS NULL OR happened_at >= $since::TIMESTAMP)
    AND ($until::TIMESTAMP IS NULL OR happened_at < $until::TIMESTAMP)
    AND ($after_id::BIGINT IS NULL OR occurrence_id > $after_id::BIGINT)
  ORDER BY occurrence_id DESC
  LIMIT $most::BIGINT
)
ORDER BY occurrence_id;

-- name: forget_history
-- Drops old occurrences.
DELETE FROM history WHERE happened_at < $before::TIMESTAMP RETURNING occurrence_id;
