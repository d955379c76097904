"""From files to stored events: the order of the work, whoever launches it. Knows nothing of Ray."""
