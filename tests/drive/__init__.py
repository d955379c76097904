"""A Google Drive of the tests, spoken to as the real one, and what is told to it."""
