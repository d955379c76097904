"""A sample: what one examined picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vtrack_ray.meaning.area import Area


class Trigger(StrEnum):
    """The trigger card's state."""

    ON = "on"
    """Seen: the table is idle."""
    OFF = "off"
    """Covered: a parcel is being packed."""


DEBOUNCE_S = 1.0
"""A change of the trigger that lasts less than this is a misread or a passing hand."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A tracking code seen in a picture: its text, where (in pixels of the recorded picture) and by which decoder.

    `fused_s` are the times of the pictures that it was read from together; empty where one picture shows it.
    """

    code: str
    symbology: str
    area: Area
    decoder: str
    fused_s: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One examined picture of a video, at `time_s` after its first picture by the picture's own timestamp.

    None means "not looked for"; no sights, or a hand that is False, means "looked for and not seen".
    """

    time_s: float
    trigger: Trigger | None = None
    sights: tuple[Sight, ...] | None = None
    hand: bool | None = None

    @property
    def codes(self) -> frozenset[str]:
        """The tracking codes seen."""
        return frozenset(sight.code for sight in self.sights or ())
