"""HTTP routes on Ray Serve; nothing yet."""
