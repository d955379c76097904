"""Progress: how far a run is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class Progress:
    """Counts of one run, in videos and in seconds of footage; `step` says what is going on before sampling starts.

    `videos` are all that this run works on, those among them whose header can't be read; finished ones came to an end,
    good or not.
    """

    step: str = "scanning"
    videos: int = 0
    videos_finished: int = 0
    videos_failed: int = 0
    footage_s: float = 0.0
    sampled_s: float = 0.0
