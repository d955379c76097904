"""A sampling log: all samples of one span of one video, with what was and was not examined."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.span import Span, Stretch


class Method(StrEnum):
    """How the pictures of a span were chosen."""

    CASCADE = "cascade"
    """As few pictures as prove what all would show; notes say where that was one each sampling interval."""
    EXHAUSTIVE = "exhaustive"
    """Every picture."""
    SECOND_LOOK = "second_look"
    """Every sampling interval of a stretch without a code, with stronger and slower decoders."""


class Jump(NamedTuple):
    """Where a video's own timestamps go back, in seconds from its first picture.

    `is_counted_on`: the times behind it are counted on as if they had gone on; else pictures whose time has been
    already are left out.
    """

    time_s: float
    is_counted_on: bool


@dataclass(frozen=True, kw_only=True)
class SamplingLog:
    """The outcome of sampling one span: its samples, and coverage that adds up to the span.

    A second look's coverage is empty: the first look has accounted for that time already. `seconds` gives the
    processing time by stage (`index`, `coarse`, `refine`, `second_look`); `pictures` counts those decoded;
    `jumps` are those of the span.
    """

    video_id: str
    span: Span
    method: Method
    samples: Samples
    coverage: tuple[Stretch, ...]
    pictures: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    jumps: tuple[Jump, ...] = ()
    notes: tuple[str, ...] = ()
