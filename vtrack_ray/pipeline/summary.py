"""A summary: what came of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from vtrack_ray.meaning.video import VideoStatus


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A video or folder that a person should look at, and why."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The files of a run as they stand at its end; `new_videos` of them were worked on by it.

    `hints` are sentences on what might be set better; a run can be good all the same.
    """

    videos_by_status: Counter[VideoStatus]
    new_videos: int
    events: int
    tracking_codes: int
    examined_s: float
    idle_s: float
    unreadable_s: float
    troubles: tuple[Trouble, ...]
    hints: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether every video reached a good end, with nothing of it unread."""
        return not self.troubles and all(status.is_good for status in self.videos_by_status)
