"""An event: one packing, with when and where each tracking code was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from vtrack_ray import instants
from vtrack_ray.meaning.sample import Sight


class EventStatus(StrEnum):
    """How an event came out; where several apply, the first of `incomplete`, `overlong`, `no_code`."""

    COMPLETE = "complete"
    NO_CODE = "no_code"
    """At least min packing time, and no code in it even after the second look."""
    OVERLONG = "overlong"
    """Longer than max packing time."""
    INCOMPLETE = "incomplete"
    """Its start or its end lies outside the recorded videos."""


@dataclass(frozen=True, kw_only=True)
class EventSight:
    """One sight of a code within an event: in which video, `time_s` after its first picture, and the instant."""

    video_id: str
    time_s: float
    at: datetime
    sight: Sight


@dataclass(frozen=True, kw_only=True)
class Event:
    """One packing. `start_s` and `end_s` are seconds from the first picture of the first video in `video_ids`."""

    camera_name: str
    started_at: datetime
    ended_at: datetime
    start_s: float
    end_s: float
    video_ids: tuple[str, ...]
    status: EventStatus
    sights: tuple[EventSight, ...]

    @property
    def event_id(self) -> str:
        """The identity, from camera and start: the same packing found again is the same event."""
        text = f"{self.camera_name}\0{instants.to_us(self.started_at)}"
        return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()

    @property
    def duration_s(self) -> float:
        return (self.ended_at - self.started_at).total_seconds()

    @property
    def tracking_codes(self) -> tuple[str, ...]:
        """The codes seen, each once, in the order of their first sights."""
        return tuple(dict.fromkeys(s.sight.code for s in self.sights))
