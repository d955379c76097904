"""Takes: what the event detector remembers of videos that it has concluded."""

from __future__ import annotations

from collections import OrderedDict

from vtrack_ray.events.chain import Take
from vtrack_ray.meaning.video import Video

MOST_SAMPLES = 200_000
"""What is kept in memory of concluded videos: 600 recordings of ten minutes, some 70 MB with their moments."""


class Takes:
    """The latest takes of those that were concluded here: each is a neighbour of the next one of its camera."""

    def __init__(self, most_samples: int) -> None:
        self._most_samples = most_samples
        self._takes: OrderedDict[str, Take] = OrderedDict()
        self._samples = 0

    def of(self, video: Video) -> Take | None:
        """The video's take, if it is known."""
        take = self._takes.get(video.video_id)
        return take if take and take.video == video else None

    def keep(self, take: Take) -> None:
        """Takes it for what the ledger has of its video, until it is told to forget it."""
        self.forget(take.video.video_id)
        self._takes[take.video.video_id] = take
        self._samples += _samples(take)
        while self._samples > self._most_samples:
            self.forget(next(iter(self._takes)))

    def forget(self, video_id: str) -> None:
        """Has the video's take asked for in the ledger again."""
        if take := self._takes.pop(video_id, None):
            self._samples -= _samples(take)


def _samples(take: Take) -> int:
    return sum(len(log.samples) for log in take.logs)
