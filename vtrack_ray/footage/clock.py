"""A clock: what makes the timestamps of a stream that was made for a wire run forward. Decodes nothing.

Transport streams, program streams and FLV have no index that holds their times together: they go back where the
recorder's clock was set or recordings were joined, may be missing, and after damage they may be anything.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from vtrack_ray.footage.container import VideoPacket, demuxed, opened
from vtrack_ray.footage.origin import stamp_of

WIRE = frozenset(["mpegts", "mpeg", "flv"])
"""FFmpeg's names of the containers that need a clock."""

_MOST_UNTIMED = 0.1
"""Damage takes the timestamps of fewer packets than this; muxers that leave them out do so with a third and more."""

Ticks = NDArray[np.int64]

_KEPT = 8
"""Clocks kept by a process, as one video's spans follow each other: up to 1.5 MB for an hour of footage."""

_COUNTER = 1 << 33
"""Where the counter of transport and program streams runs over (ISO/IEC 13818-1): after 26.5 hours at 90 kHz."""


class Jump(NamedTuple):
    """Where the timestamps went back: from byte `position` and the time `ticks` on, this clock is `ahead` of them.

    `is_overrun`: the counter ran over, and the clock behind it went on.
    """

    position: int
    ticks: int
    ahead: int
    is_overrun: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Clock:
    """One file's clock; times are decoding times in ticks of the stream's time base, positions bytes of the file.

    `positions` and `ticks` (int64, one length) rise: where packets lie and their times on this clock. `wild` are the
    positions of packets whose timestamp fits neither the one before nor the one after. `is_complete`: packets carry
    timestamps, but for a few that damage has cost. `step`: the usual distance of packets.
    """

    positions: Ticks
    ticks: Ticks
    jumps: tuple[Jump, ...]
    wild: frozenset[int]
    is_complete: bool
    step: int

    def position(self, ticks: int) -> int:
        """Where the last packet at or before that time lies; with none, the file's start."""
        number = int(np.searchsorted(self.ticks, ticks, side="right")) - 1
        return int(self.positions[number]) if number >= 0 else 0

    def set_right(self, items: Iterator[VideoPacket | FFmpegError]) -> Iterator[VideoPacket | FFmpegError]:
        """The items from anywhere in the file on, each packet with its time on this clock.

        Packets without a timestamp of their own are spread evenly between their neighbours; those before the first
        that has one can't be placed, and are left out.
        """
        untimed: list[VideoPacket] = []
        last: int | None = None
        ahead = 0
        for item in items:
            if isinstance(item, FFmpegError):
                yield item
                continue
            if item.pos is not None:
                ahead = self._ahead(item.pos)
            time = item.pts if item.dts is None else item.dts
            if time is None or item.pos in self.wild:
                untimed.append(item)
                continue
            time += ahead
            yield from self._spread(untimed, last, time)
            untimed.clear()
            item.pts = None if item.pts is None else item.pts + ahead
            item.dts = None if item.dts is None else item.dts + ahead
            last = time
            yield item
        yield from self._spread(untimed, last, None)

    def _ahead(self, position: int) -> int:
        number = bisect_right(self.jumps, position, key=lambda jump: jump.position)
        return self.jumps[number - 1].ahead if number else 0

    def _spread(self, untimed: list[VideoPacket], after: int | None, before: int | None) -> Iterator[VideoPacket]:
        if after is None:
            return
        step = self.step if before is None else min(self.step, (before - after) // (len(untimed) + 1))
        for number, packet in enumerate(untimed, start=1):
            packet.pts = packet.dts = after + step * number
            yield packet


def read_clock(path: str) -> Clock:
    """The clock of a file, by reading all of it once in this process. Raises VideoError where it can't be opened."""
    return _read_clock(path, stamp_of(path))


@lru_cache(maxsize=_KEPT)
def _read_clock(path: str, _stamp: object) -> Clock:
    with closing(opened(path)) as file:
        packets = [(item.pos, item.pts, item.dts) for item in demuxed(file) if not isinstance(item, FFmpegError)]
    return _clock(
        [(position, dts) for position, _, dts in packets if position is not None and dts is not None],
        is_complete=sum(pts is dts is None for _, pts, dts in packets) <= _MOST_UNTIMED * len(packets),
    )


def _clock(rows: list[tuple[int, int]], *, is_complete: bool) -> Clock:
    table = np.array(rows, np.int64).reshape(-1, 2)
    wild: set[int] = set()
    while (mask := _fits_neither(table[:, 1])).any():
        wild.update(table[mask, 0].tolist())
        table = table[~mask]
    positions, own = table.T
    steps = np.diff(own)
    step = int(np.median(steps[steps > 0])) if (steps > 0).any() else 1
    overruns = steps < -_COUNTER // 2
    falls = np.where(overruns, _COUNTER, np.where(steps < 0, step - steps, 0))
    ahead = np.concatenate([[0], np.cumsum(falls)])[: len(own)]
    jumps = [
        Jump(int(positions[i + 1]), int(own[i + 1] + ahead[i + 1]), int(ahead[i + 1]), bool(overruns[i]))
        for i in np.flatnonzero(falls)
    ]
    return Clock(
        positions=positions,
        ticks=own + ahead,
        jumps=tuple(jumps),
        wild=frozenset(wild),
        is_complete=is_complete,
        step=step,
    )


def _fits_neither(ticks: Ticks) -> NDArray[np.bool_]:
    """Which times lie outside their neighbours', although the neighbours are in order."""
    mask = np.zeros(len(ticks), np.bool_)
    before, this, after = ticks[:-2], ticks[1:-1], ticks[2:]
    mask[1:-1] = (before <= after) & ((this < before) | (this > after))
    return mask
