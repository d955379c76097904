"""Activity: where something moved, by the sizes of packets alone; the idle monitor's first opinion.

A picture between two keyframes is stored as what changed, so its packet grows with what moves. On an idle table the
packets hold nothing but noise, at a level that is the camera's own and drifts with the light. A parcel that leaves the
trigger card uncovers it, and the card has to be stored anew: less than that takes is let pass, and where the noise
could hide it, sizes are not believed at all.
(Compressed-domain analysis, as in CoVA, ATC 2022, reduced to sizes.)
"""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from vtrack_ray.footage.packets import PacketIndex
from vtrack_ray.meaning.span import Span

REACH_S = 60.0
"""How far on each side of a moment the level of noise is taken from."""

BIN_S = 0.5
"""Sizes are summed up over this long: a parcel is slid in or out in about this time."""

_AT_ONCE = 4096
"""Bins whose levels are found together: each takes a copy of the bins around it, 8 MB in all, and one wild time may
make millions."""

LEVEL, LOW = 0.1, 0.02
"""The level of noise is that of the quietest tenth of the bins around: there is some idle time in two minutes. How far
below it the quietest of all lie is the noise's spread, however busy the rest of the time is."""
_CARD_COST = 1.5
"""Three quarters of the least that it takes to store the trigger card's code anew, beyond the level of noise, in
keyframes for each picture it would fill. Measured (benchmarks/card_cost.py) where sizes are believed: 2.0 and more; a
code is denser than a table."""
_SPREADS = 4.5
"""Sizes are believed where the limit lies so many spreads above the level: in noise whose spread is larger, the
card takes less beyond the level, down to nothing."""
_MOST_OF_KEYFRAME = 0.15
"""Where bins are larger than this, sizes are those that the encoder was told to reach, or those of noise: 0.5 to 5 of a
keyframe at constant bit rate, 0.02 to 0.17 on idle tables."""
_FEWEST_BETWEEN = 5
"""What changes from the last picture before a keyframe to the keyframe shows in no size. Where keyframes are so many
that this matters, sizes are not believed."""

_BUSY_LEVEL = 0.75
_ABOVE_BUSY = 1.3
_SWEPT = 0.5
"""Measured on rendered 1080p and 720p H.264 and HEVC with noise of 0 to 6 grey levels: bins in which a large parcel is
slid in or out hold 0.53 to 1.7 of a keyframe, those in which hands work no more than 0.54; with much noise the two
meet, and more is looked at than need be."""

_STIRRED = 0.1
"""Where nobody's hands are at work, a half second holds less than this of a keyframe beyond the level of noise.

In 38 drawn recordings of many kinds whose sizes are believed, the quietest half second between two packings, 2.5 s
apart and more, took 0.06 and less but for three in some eighty (0.07, 0.13, 0.14); hands at work took 0.05 to 2.3 in
all but a twentieth of their time, and 0.09 to 3.4 at the median."""


class Activity:
    """What sizes tell of an index's time, bin by bin; bins are of the video's time, wherever the index begins."""

    def __init__(self, index: PacketIndex, card_share: float) -> None:
        """`card_share` is the part of the picture that the trigger card's code fills, 0 to 1."""
        times_s, keyframe, size_bytes = index.times_s, index.keyframe, index.size_bytes
        bins = (times_s / BIN_S).astype(np.int64)
        self._first = int(bins[0]) if len(bins) else 0
        bins -= self._first
        # A keyframe's own size says nothing of motion.
        changed = np.bincount(bins, np.where(keyframe, 0, size_bytes)).astype(np.float64)
        pictures = np.bincount(bins, ~keyframe)
        low, level, busy_level = _levels(changed / np.maximum(pictures, 1)) * pictures
        moved = np.zeros(len(changed), np.bool_)
        swept = np.zeros(len(changed), np.bool_)
        stirred = np.zeros(len(changed), np.bool_)
        keys = np.flatnonzero(keyframe)
        # What comes before the first keyframe can't be compared with one.
        moved[: bins[keys[0]] if len(keys) else None] = True
        for key, following in zip(keys, [*keys[1:], len(bins)], strict=False):
            within = slice(bins[key], bins[min(following, len(bins) - 1)] + 1)
            keyframe_bytes = size_bytes[key]
            card_bytes = _CARD_COST * card_share * keyframe_bytes
            most = np.minimum(level[within] + card_bytes, _MOST_OF_KEYFRAME * keyframe_bytes)
            may_hide = (_SPREADS * (level - low)[within] > card_bytes) | (following - key <= _FEWEST_BETWEEN)
            moved[within] |= (changed[within] > most) | may_hide
            least = np.maximum(_SWEPT * keyframe_bytes, _ABOVE_BUSY * busy_level[within])
            swept[within] |= changed[within] >= least
            is_told = level[within] <= _MOST_OF_KEYFRAME * keyframe_bytes
            stirred[within] |= is_told & (changed[within] > level[within] + _STIRRED * keyframe_bytes)
        self._moved = np.flatnonzero(moved)
        self._stirred = np.flatnonzero(stirred)
        edges = np.flatnonzero(np.diff(swept, prepend=False, append=False))
        self._sweeps = [Span(*((int(edge) + self._first) * BIN_S for edge in pair)) for pair in edges.reshape(-1, 2)]

    def moved_within(self, start_s: float, end_s: float) -> Span | None:
        """From the first to the last sign of motion in that time; None if there is none."""
        bins = self._between(self._moved, start_s, end_s)
        if not len(bins):
            return None
        first_s, last_s = (bins[[0, -1]] + self._first) * BIN_S
        return Span(max(start_s, float(first_s)), min(end_s, float(last_s) + BIN_S))

    def sweeps_within(self, start_s: float, end_s: float) -> list[Span]:
        """The stretches, whole ones, that reach into that time and in which a parcel may have come or gone."""
        first = bisect_right(self._sweeps, start_s, key=lambda sweep: sweep.end_s)
        last = bisect_right(self._sweeps, end_s, key=lambda sweep: sweep.start_s)
        return self._sweeps[first:last]

    def may_rest_within(self, start_s: float, end_s: float) -> bool:
        """Whether nobody's hands may have been at work for a moment in that time; so it is, too, where noise would hide
        them."""
        first, last = (math.floor(time_s / BIN_S) for time_s in (start_s, end_s))
        return len(self._between(self._stirred, start_s, end_s)) <= last - first

    def _between(self, bins: NDArray[np.int64], start_s: float, end_s: float) -> NDArray[np.int64]:
        first, last = (math.floor(time_s / BIN_S) - self._first for time_s in (start_s, end_s))
        return bins[np.searchsorted(bins, first) : np.searchsorted(bins, last, side="right")]


def _levels(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each bin, the quantiles `LOW`, `LEVEL` and `_BUSY_LEVEL` of the bins within `REACH_S`; shape (3, bins)."""
    if not len(sizes):
        return np.empty((3, 0))
    reach = int(REACH_S / BIN_S)
    padded = np.pad(sizes, reach, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    levels = np.empty((3, len(sizes)))
    for start in range(0, len(sizes), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        levels[:, block] = np.quantile(windows[block], (LOW, LEVEL, _BUSY_LEVEL), axis=1)
    return levels
