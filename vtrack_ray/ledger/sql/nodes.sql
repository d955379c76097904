-- name: nodes
-- The machines, the head first.
SELECT * FROM nodes ORDER BY NOT is_head, node_name;

-- name: delete_nodes
-- Forgets what was last seen.
DELETE FROM nodes;

-- name: insert_nodes
-- The machines as they are, a JSON list.
INSERT INTO nodes
SELECT node_name, address, is_head, state, reason, cores, batch, running, cpu_percent, memory_percent, seen_at, sources
FROM (
  SELECT unnest(
    from_json(
      $nodes,
      '[{"node_name": "VARCHAR", "address": "VARCHAR", "is_head": "BOOLEAN", "state": "VARCHAR", "reason": "VARCHAR",
         "cores": "INTEGER", "batch": "INTEGER", "running": "INTEGER", "cpu_percent": "DOUBLE",
         "memory_percent": "DOUBLE", "seen_at": "TIMESTAMP",
         "sources": [{"source": "VARCHAR", "reach": "VARCHAR", "reason": "VARCHAR"}]}]'
    ),
    max_depth := 2
  )
);

-- name: drained_nodes
-- The names of the machines that are to be given no more work.
SELECT node_name FROM drained_nodes ORDER BY node_name;

-- name: insert_drained_node
-- A machine is to be given no more work.
INSERT INTO drained_nodes VALUES ($node_name, $at) ON CONFLICT DO NOTHING;

-- name: delete_drained_node
-- A machine may be given work again.
DELETE FROM drained_nodes WHERE node_name = $node_name RETURNING node_name;

-- name: sample_files
-- Up to so many files of each of these sources, the latest and the largest among them, to know the source by.
SELECT source, path, camera_name, size_bytes, modified_ns
FROM file_list
WHERE source IN (SELECT unnest($sources::VARCHAR[]))
QUALIFY row_number() OVER (PARTITION BY source ORDER BY modified_ns DESC, path) <= $most::BIGINT
  OR row_number() OVER (PARTITION BY source ORDER BY size_bytes DESC, path) <= $most::BIGINT
ORDER BY source, path;
