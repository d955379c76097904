"""What a picture shows: codes, the trigger card, hands. Knows nothing of files and times."""
