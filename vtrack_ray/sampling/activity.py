"""Activity: where something moved, by the sizes of packets alone; the idle monitor's first opinion.

A picture between two keyframes is stored as what changed, so its packet grows with what moves. On an idle table the
packets hold nothing but noise, at a level that is the camera's own and drifts with the light. A parcel that comes or
goes has to be stored anew where it was or is. (Compressed-domain analysis, as in CoVA, ATC 2022, reduced to sizes.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vtrack_ray.footage.packets import PacketIndex

REACH_S = 60.0
"""How far on each side of a moment the level of noise is taken from."""

_BIN_S = 0.5
"""A parcel is slid in or out in about this time."""
_LEVEL = 0.25
"""The level of noise is that of the quietest quarter of the bins around; on a busy table that is too high to count."""
_ABOVE_LEVEL = 1.6
_OF_KEYFRAME = 0.01
_MOST_OF_KEYFRAME = 0.15
"""Measured on rendered 1080p and 720p H.264 and HEVC with noise of 0 to 6 grey levels: idle bins are 0.03 to 0.17 of a
keyframe and within 1.5 times their level; bins with hands or a moving parcel are from 0.25 up. At constant bit rate,
and with noise of 12, bins are 1.5 of a keyframe, busy or idle: there nothing counts as quiet."""

_BUSY_LEVEL = 0.75
_ABOVE_BUSY = 1.3
_SWEPT = 0.5
"""Measured on the same footage: bins in which a parcel is slid in or out hold 0.53 to 1.7 of a keyframe, those in which
hands work no more than 0.54; with much noise the two meet, and more is looked at than need be."""


class Activity(NamedTuple):
    """What sizes tell of the stretch between each keyframe and the next one, or the index's end.

    Both have the shape (keyframes,). `quiet`: nothing moved; never so where sizes say nothing, because what lies
    between keyframes is as large as they are, or because nothing does. `swept`: something as large as a parcel may
    have come or gone.
    """

    quiet: NDArray[np.bool_]
    swept: NDArray[np.bool_]


def activity(index: PacketIndex) -> Activity:
    """The activity between the keyframes of an index."""
    keys = np.flatnonzero(index.keyframe)
    quiet, swept = np.ones((2, len(keys)), np.bool_)
    if not len(keys):
        return Activity(quiet, swept)
    # Bins are of the video's time, not of the span's, so that where the span begins changes nothing.
    bins = (index.times_s / _BIN_S).astype(np.int64)
    bins -= bins[0]
    # A keyframe's own size says nothing of motion.
    changed = np.bincount(bins, np.where(index.keyframe, 0, index.size_bytes)).astype(np.float64)
    level, busy_level = _levels(changed)
    for interval, (key, following_key) in enumerate(zip(keys, [*keys[1:], len(bins)], strict=True)):
        keyframe_bytes = index.size_bytes[key]
        within = slice(bins[key], bins[min(following_key, len(bins) - 1)] + 1)
        most = np.minimum(
            _ABOVE_LEVEL * level[within] + _OF_KEYFRAME * keyframe_bytes, _MOST_OF_KEYFRAME * keyframe_bytes
        )
        # With nothing stored between keyframes, as in MJPEG, there is nothing to tell by.
        is_told = following_key > key + 1
        quiet[interval] = is_told and bool((changed[within] <= most).all())
        least = np.maximum(_SWEPT * keyframe_bytes, _ABOVE_BUSY * busy_level[within])
        swept[interval] = bool((changed[within] >= least).any())
    return Activity(quiet, swept)


def _levels(changed: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each bin, the quantiles `_LEVEL` and `_BUSY_LEVEL` of the bins within `REACH_S`; shape (2, bins)."""
    reach = int(REACH_S / _BIN_S)
    padded = np.pad(changed, reach, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return np.asarray(np.nanquantile(windows, (_LEVEL, _BUSY_LEVEL), axis=1), np.float64)
