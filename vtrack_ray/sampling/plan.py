"""A plan: which pictures of a span to examine, from the packet index and the trigger states found so far.

Every decision depends on the video's own timestamps, on its packets' sizes, and on what neighbouring keyframes show,
never on where the span begins or ends: a video sampled in any number of spans gives the same samples.
"""

from __future__ import annotations

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
        self._activity = activity

    def coarse(self, reach: Span, guarantee_s: float) -> list[float]:
        """Times of the keyframes to examine: those before and after each motion, one each `CHECK_S`, and the last.

        No more than one each `COARSE_S`, where keyframes are closer together than that, and none are needed closer
        than half of `guarantee_s`. A parcel may come with less motion than it leaves with, or the other way round: so
        one sign of motion alone is enough for it to be seen in one of the two.

        From the last of them at or before the reach to the first at or behind it, so that every picture of the reach
        lies between two where there are two, and one more on both sides, since what a gap may hide depends on its
        neighbours; where none is behind it, the last three at least.
        """
        times_s = self.times_s
        chosen = on_grid(times_s, CHECK_S)
        numbers = np.flatnonzero(self._one_each(min(COARSE_S, guarantee_s / 2)))
        for before, number in pairwise(numbers):
            if self._activity.moved_within(times_s[before], times_s[number]) is not None:
                chosen[[before, number]] = True
        chosen[-1:] = True
        examined = times_s[chosen]
        before, behind = examined[examined <= reach.start_s], examined[examined >= reach.end_s]
        first = before[-2:][0] if before.size else -np.inf
        last = behind[:2][-1] if behind.size else np.inf
        if not behind.size:
            first = min(first, examined[-3:][0])
        return [float(time_s) for time_s in examined[(examined >= first) & (examined <= last)]]

    def _one_each(self, apart_s: float) -> NDArray[np.bool_]:
        """Which keyframes to take for one each `apart_s`: the first of each step, and of a step that is followed by one
        with none, the last, too, as encoders put one where much changes."""
        steps = _steps(self.times_s, apart_s)
        is_last = np.diff(steps, append=np.inf) > 1
        is_last[-1:] = False
        taken: NDArray[np.bool_] = on_grid(self.times_s, apart_s) | is_last
        return taken

    def last_before(self, time_s: float) -> float:
        """The last keyframe at or before that time; minus infinity if there is none."""
        return float(self.times_s[self.times_s <= time_s].max(initial=-np.inf))

    def runs(self, times_s: Sequence[float]) -> Iterator[Span]:
        """The keyframes at `times_s` as spans in which there is no other one; each is closed just behind its last."""
        numbers = np.searchsorted(self.times_s, times_s)
        for run in np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1):
            if run.size:
                yield Span(float(self.times_s[run[0]]), float(np.nextafter(self.times_s[run[-1]], np.inf)))


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
