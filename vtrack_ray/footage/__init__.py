"""What is recorded: a file's header, its packets and its pictures. Knows nothing of what pictures show."""
