"""A window: how far the events around a video have to be folded again when its samples arrive."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from vtrack_ray.events.chain import OVERLAP_US, Moment, Take, unbroken
from vtrack_ray.events.packing import DEBOUNCE_US, STILL_US, read_packings
from vtrack_ray.meaning.profile import Profile


class Window(NamedTuple):
    """Events that ended in (after_us, until_us] depend on the samples between; None: further takes are needed to tell.

    Microseconds since 1970.
    """

    after_us: int | None
    until_us: int | None


def window(takes: Sequence[Take], profile: Profile, start_us: int, end_us: int) -> Window:
    """The window around samples in [start_us, end_us]: from the last rest before them to the first one behind.

    Those rests are read from the samples outside alone: so they were there before the samples came, and will be. Where
    videos run side by side, one more can change which of them follows which, and no rest is an end.
    """
    if _are_side_by_side(takes):
        return Window(None, None)
    long_us = DEBOUNCE_US if profile.qr_trigger_area else max(STILL_US, round(profile.min_packing_s * 1e6))
    before: list[int] = []
    behind: list[int] = []
    for moments in unbroken(takes, profile.continuation_gap_s):
        before += _rests_us([m for m in moments if m.at_us < start_us], profile, long_us)
        behind += _rests_us([m for m in moments if m.at_us > end_us], profile, long_us)
    return Window(after_us=max(before, default=None), until_us=min(behind, default=None))


def _are_side_by_side(takes: Sequence[Take]) -> bool:
    in_order = sorted(takes, key=lambda take: take.start_us)
    return any(before.end_us - take.start_us > OVERLAP_US for before, take in pairwise(in_order))


def _rests_us(seen: Sequence[Moment], profile: Profile, long_us: int) -> list[int]:
    return [rest.start_us for rest in read_packings(seen, profile).rests if rest.end_us - rest.start_us >= long_us]
