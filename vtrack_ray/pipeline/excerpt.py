"""An excerpt: a stretch of a recording that an event's clip is made of, a moment before and after it included."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from vtrack_ray.errors import VideoVanished
from vtrack_ray.footage.clip import Part
from vtrack_ray.footage.origin import is_address
from vtrack_ray.ledger.values import EventRow, VideoRow
from vtrack_ray.meaning.event import Event
from vtrack_ray.sources.walk import is_below


class Excerpt(NamedTuple):
    """A stretch of a video, in seconds after its first picture."""

    video: VideoRow
    codec: str
    start_s: float
    end_s: float

    def part(self) -> Part:
        """Where it is on this machine, to be cut. Raises VideoVanished."""
        return Part(path=unchanged(self.video), start_s=self.start_s, end_s=self.end_s, codec=self.codec)


def excerpts(event: Event | EventRow, videos: Mapping[str, VideoRow], margin_s: float) -> list[Excerpt]:
    """Those of the event's videos, one behind the other; `videos` are known ones, by their identities.

    Raises VideoVanished if one of them is not among these.
    """
    found = []
    for number, video_id in enumerate(event.video_ids):
        row = videos.get(video_id)
        if row is None or row.started_at is None or row.duration_s is None or row.codec is None:
            raise VideoVanished("A video that the event lies in is no longer known; ask for the event again.")
        is_first, is_last = number == 0, number == len(event.video_ids) - 1
        start_s = (event.started_at - row.started_at).total_seconds() - margin_s if is_first else 0.0
        end_s = (event.ended_at - row.started_at).total_seconds() + margin_s if is_last else row.duration_s
        found.append(Excerpt(row, row.codec, max(0.0, start_s), end_s))
    return found


def unchanged(row: VideoRow) -> str:
    """The file's path without links. Raises VideoVanished if another file, or none, is where it was found.

    An address names its bytes: whether they are still to be had, whoever opens it is told.
    """
    if is_address(row.path):
        return row.path
    real = os.path.realpath(row.path)
    try:
        status = Path(real).stat()
    except OSError as error:
        raise VideoVanished(f"{row.path} is not there any more: {error.strerror}.") from error
    is_same = (status.st_size, status.st_mtime_ns) == (row.size_bytes, row.modified_ns)
    if not is_same or not is_below(real, os.path.realpath(row.source)):
        raise VideoVanished(f"{row.path} has changed since it was found; the next scan takes it up.")
    return real
