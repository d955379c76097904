"""A plan: which pictures of a span to examine, from the packet index and the trigger states found so far.

Every decision depends on the video's own timestamps, on its packets' sizes, and on what neighbouring keyframes show,
never on where the span begins or ends: a video sampled in any number of spans gives the same samples.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vtrack_ray.footage.packets import PacketIndex
from vtrack_ray.meaning.sample import DEBOUNCE_S, Sample, Trigger
from vtrack_ray.meaning.span import Span
from vtrack_ray.sampling.activity import BIN_S, REACH_S, Activity

Times = NDArray[np.float64]

COARSE_S = 2.0
"""Where something moves, examining keyframes closer together than this shows no more than the packings' edges, and
those are refined anyway."""

CHECK_S = 20.0
"""A keyframe is examined at least this often where packet sizes say that nothing moves."""

_UNSEEN_REST_S = 2.5
"""Two packings with less time than this between them may come out as one, where sizes do not tell them apart."""

AROUND = 2
"""So many coarse samples are taken on each side of a span: one that brackets it, and one beyond, since what a gap may
hide depends on its neighbours."""

_MUCH_SOONER = 0.75
"""A keyframe that is due comes no sooner than this share of the longest time between two around; cameras lose single
pictures."""

SEARCH_EVERY = 2
"""Of the pictures of the sampling interval, one in so many is searched for codes; a label lies there for longer."""


def lead_s(keyframes_apart_s: float) -> float:
    """How far beyond a span, on both sides, its choice of pictures depends on what is there: on the noise around the
    last three keyframes examined before it, or the first two behind it."""
    return REACH_S + BIN_S + 3 * (CHECK_S + keyframes_apart_s)


def on_grid(times_s: Times, interval_s: float) -> NDArray[np.bool_]:
    """Which pictures regular sampling takes: the first one at or after each multiple of the interval.

    `times_s`: presentation times of consecutive pictures, shape (n,); the first one counts as taken.
    """
    return np.diff(_steps(times_s, interval_s), prepend=-1.0) > 0


def is_next_on_grid(before_s: float, time_s: float, interval_s: float) -> bool:
    """Whether regular sampling takes the picture that follows the one at `before_s`."""
    before, this = _steps(np.array([before_s, time_s]), interval_s)
    return bool(this > before)


def _steps(times_s: Times, interval_s: float) -> Times:
    steps: Times = np.floor(times_s / interval_s + 1e-6)
    return steps


class Keyframes:
    """The keyframes of a packet index, and which of them have to be examined."""

    def __init__(self, index: PacketIndex, activity: Activity) -> None:
        self.times_s: Times = index.times_s[index.keyframe]
        early = np.flatnonzero(_is_out_of_turn(self.times_s, np.flatnonzero(index.keyframe)))
        self._early: NDArray[np.int64] = early[on_grid(self.times_s[early], BIN_S)]
        self._activity = activity

    def coarse(self, reach: Span, guarantee_s: float, search_s: float = math.inf) -> list[float]:
        """Times of the keyframes to examine: those before and after each motion, one each `CHECK_S`, those out of turn
        (one each `BIN_S`), and the last.

        No more than one each `COARSE_S`, where keyframes are closer together than that, and none are needed closer
        than half of `guarantee_s`, nor than `search_s`. A parcel may come with less motion than it leaves with, or the
        other way round: so one sign of motion alone is enough for it to be seen in one of the two.

        From the last of them at or before the reach to the first at or behind it, so that every picture of the reach
        lies between two where there are two, and `AROUND` on both sides; where none is behind it, the last three at
        least.
        """
        times_s = self.times_s
        chosen = on_grid(times_s, CHECK_S)
        chosen[self._early] = True
        apart_s = min(COARSE_S, guarantee_s / 2, search_s)
        numbers = np.flatnonzero(on_grid(times_s, apart_s) | chosen)
        for before, number in pairwise(numbers):
            if self._activity.moved_within(times_s[before], times_s[number]) is not None:
                chosen[[before, number]] = True
        chosen[-1:] = True
        examined = times_s[chosen]
        before, behind = examined[examined <= reach.start_s], examined[examined >= reach.end_s]
        first = before[-AROUND:][0] if before.size else -np.inf
        last = behind[:AROUND][-1] if behind.size else np.inf
        if not behind.size:
            first = min(first, examined[-3:][0])
        return [float(time_s) for time_s in examined[(examined >= first) & (examined <= last)]]

    def last_before(self, time_s: float) -> float:
        """The last keyframe at or before that time; minus infinity if there is none."""
        return float(self.times_s[self.times_s <= time_s].max(initial=-np.inf))

    def runs(self, times_s: Sequence[float]) -> Iterator[Span]:
        """The keyframes at `times_s` as spans in which there is no other one; each is closed just behind its last."""
        numbers = np.searchsorted(self.times_s, times_s)
        for run in np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1):
            if run.size:
                yield Span(float(self.times_s[run[0]]), float(np.nextafter(self.times_s[run[-1]], np.inf)))


def _is_out_of_turn(times_s: Times, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keyframes come much sooner than others around, both in time and by `numbers` of pictures: encoders put one
    where much changes."""
    firsts, lasts = (np.searchsorted(times_s, times_s + reach_s) for reach_s in (-REACH_S, REACH_S))
    is_sooner = np.arange(len(times_s)) > 0
    for since in (np.diff(times_s, prepend=times_s[:1]), np.diff(numbers, prepend=numbers[:1])):
        longest = [since[first:last].max() for first, last in zip(firsts, lasts, strict=True)]
        is_sooner &= since < _MUCH_SOONER * np.array(longest)
    return is_sooner


class Motion(Protocol):
    """What tells where something moved; Activity is one."""

    def moved_within(self, start_s: float, end_s: float) -> Span | None: ...

    def sweeps_within(self, start_s: float, end_s: float) -> list[Span]: ...

    def may_rest_within(self, start_s: float, end_s: float) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Gap:
    """The pictures strictly between two coarse samples.

    `moved` holds all signs of motion; `is_idle`: nothing can have been packed there; `needs_look`: something changed or
    may hide there.
    """

    before: Sample
    after: Sample
    moved: Span | None
    is_idle: bool
    needs_look: bool

    @property
    def span(self) -> Span:
        return Span(self.before.time_s, self.after.time_s)

    @property
    def is_on(self) -> bool:
        """Whether the card is seen at both ends."""
        return self.before.trigger is self.after.trigger is Trigger.ON

    @property
    def is_off(self) -> bool:
        """Whether the card is covered at both ends."""
        return self.before.trigger is self.after.trigger is Trigger.OFF


def gaps(coarse: Sequence[Sample], motion: Motion, guarantee_s: float) -> list[Gap]:
    """The gaps between neighbouring coarse samples.

    A parcel comes and goes with motion: without any, or between two samples no further apart than `guarantee_s` (min
    packing time), no packing of that length can hide. Between two Off samples, a parcel may have left and another have
    come: so it looks where a code vanished, where as much changed as when a parcel is moved, and where the table may
    have rested in between.
    """
    found = []
    for before, after, following in zip(coarse, coarse[1:], [*coarse[2:], None], strict=False):
        moved = motion.moved_within(before.time_s, after.time_s)
        is_trusted = moved is None or after.time_s - before.time_s <= guarantee_s
        is_edge = before.trigger is not after.trigger
        is_off = before.trigger is after.trigger is Trigger.OFF
        leaves = following is not None and following.trigger is Trigger.ON
        code_left = bool(before.codes - after.codes) and moved is not None
        is_swept = is_off and _is_swept(motion, before, after, leaves=leaves)
        may_rest = is_off and moved is not None and _may_rest(motion, before, after)
        found.append(
            Gap(
                before=before,
                after=after,
                moved=moved,
                is_idle=is_trusted and before.trigger is after.trigger is Trigger.ON,
                needs_look=is_edge or code_left or is_swept or may_rest or not is_trusted,
            )
        )
    return found


def _is_swept(motion: Motion, before: Sample, after: Sample, *, leaves: bool) -> bool:
    """Whether a parcel may have left between two Off samples and another have come.

    What began before them shows there, and if the parcel `leaves` behind them, that began before it was seen to.
    """
    return any(
        not (sweep.start_s < before.time_s and sweep.end_s - before.time_s < DEBOUNCE_S)
        and not (leaves and sweep.end_s > after.time_s and after.time_s - sweep.start_s < DEBOUNCE_S)
        for sweep in motion.sweeps_within(before.time_s, after.time_s)
    )


def _may_rest(motion: Motion, before: Sample, after: Sample) -> bool:
    """Whether the table may have been at rest between two Off samples for longer than may go unseen."""
    is_long = after.time_s - before.time_s > _UNSEEN_REST_S
    return is_long and motion.may_rest_within(before.time_s, after.time_s)


def may_be_lifted(gap: Gap, following: Gap, motion: Motion, guarantee_s: float) -> bool:
    """Whether a parcel that is being packed all through two gaps, in which no packing of `guarantee_s` hides by itself,
    may just have been lifted off the card that is seen between them: something moved a moment before."""
    seen_s = gap.after.time_s
    are_long = seen_s == following.before.time_s and following.after.time_s - gap.before.time_s > guarantee_s
    may_hide = are_long and gap.is_idle and following.is_idle and following.moved is not None
    return may_hide and motion.moved_within(seen_s - DEBOUNCE_S, seen_s) is not None


def may_be_a_hand(gap: Gap, on_s: Sequence[float], motion: Motion) -> bool:
    """Whether it may have been a passing hand that covered the card at one end of a gap, and not the parcel that covers
    it at the other: the card was seen a moment before or after, and nothing as large as a parcel moved in between.

    `on_s`: the times at which the card was seen, in order.
    """
    if not gap.is_off or gap.moved is None:
        return False
    number = bisect(on_s, gap.before.time_s)
    moments = [Span(seen_s, gap.before.time_s) for seen_s in on_s[max(number - 1, 0) : number]]
    number = bisect(on_s, gap.after.time_s)
    moments += [Span(gap.after.time_s, seen_s) for seen_s in on_s[number : number + 1]]
    return any(
        moment.duration_s < DEBOUNCE_S and not motion.sweeps_within(moment.start_s, moment.end_s) for moment in moments
    )


def may_be_covered_again(gap: Gap, off_s: Sequence[float]) -> bool:
    """Whether a parcel that was lifted for a moment, in which the card was seen at one end of a gap, may have lain on
    it in the gap: the card was covered a moment before or after, and something moved for as long as it takes to count.

    `off_s`: the times at which the card was covered, in order.
    """
    if not gap.is_on or gap.moved is None or gap.moved.duration_s <= DEBOUNCE_S:
        return False
    number = bisect(off_s, gap.before.time_s)
    apart_s = [gap.before.time_s - covered_s for covered_s in off_s[max(number - 1, 0) : number]]
    number = bisect(off_s, gap.after.time_s)
    apart_s += [covered_s - gap.after.time_s for covered_s in off_s[number : number + 1]]
    return min(apart_s, default=math.inf) < DEBOUNCE_S
