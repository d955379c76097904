"""Progress: how far a run is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class Progress:
    """Counts of one run, in videos and in seconds of footage; `step` says what is going on before sampling starts."""

    step: str = "scanning"
    videos: int = 0
    videos_finished: int = 0
    videos_failed: int = 0
    footage_s: float = 0.0
    sampled_s: float = 0.0
