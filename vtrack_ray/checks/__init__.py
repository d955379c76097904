"""What a machine needs to run this project, checked one by one. Knows how to look, not how to show."""
