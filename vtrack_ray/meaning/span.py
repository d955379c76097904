"""A span of a video, and coverage: which parts of a span were examined, idle or unreadable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import fsum
from typing import NamedTuple


class Span(NamedTuple):
    """[start_s, end_s) in seconds from the video's first picture."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


class Coverage(StrEnum):
    """What is known of a stretch of a video."""

    EXAMINED = "examined"
    """Its pictures were looked at as closely as the profile asks."""
    IDLE = "idle"
    """Its pictures were left out: nothing can have been packed, as the card is seen at both ends or nothing moves."""
    UNREADABLE = "unreadable"
    """Its pictures can't be decoded, or are not in the file."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One piece of a span's coverage; a reason is given where it is unreadable."""

    span: Span
    coverage: Coverage
    reason: str | None = None


def joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The stretches in time order, empty ones dropped and neighbours of one kind made one."""
    out: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: s.span):
        if stretch.span.duration_s <= 0:
            continue
        last = out[-1] if out else None
        if (
            last
            and (last.coverage, last.reason) == (stretch.coverage, stretch.reason)
            and last.span.end_s == stretch.span.start_s
        ):
            out[-1] = Stretch(
                span=Span(last.span.start_s, stretch.span.end_s), coverage=last.coverage, reason=last.reason
            )
        else:
            out.append(stretch)
    return tuple(out)


def covered_s(stretches: Iterable[Stretch], coverage: Coverage) -> float:
    """Seconds of that kind among the stretches, the same in whatever order they come."""
    return fsum(s.span.duration_s for s in stretches if s.coverage is coverage)
