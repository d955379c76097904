"""Which pictures to look at, and what they show: from a span of a video to its sampling log."""
