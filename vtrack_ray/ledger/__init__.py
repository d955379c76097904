"""What is known for good: the DuckDB file, its tables and queries. Knows the meaning, nothing of pictures or Ray."""
