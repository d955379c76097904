"""Strays: packets with timestamps far from those of their neighbours, as a flipped bit makes them. Decodes nothing.

In Matroska one number carries all packets of a cluster away. Unlike a clock, this reads no file from its beginning to
its end: strays are found while packets go by, and only behind a leap are some packets held back.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from itertools import pairwise

from av.error import FFmpegError

from vtrack_ray.footage.container import VideoPacket

STRAYING = frozenset(["matroska,webm", "asf"])
"""FFmpeg's names of the containers that keep a time with each packet, or with a few together."""

_LEAP_S = 1.0
"""Nearer than this, timestamps do not make one look further."""

_LONGEST_S = 10.0
"""Muxers put no more than 5 s into a cluster. Behind a leap, packets are held back for no longer than this."""

_MOST_REORDERED = 32
"""No more packets than this are stored between two that are shown the other way round."""


class Strays:
    """The strays of one open file, as far as they have been met."""

    def __init__(self, ticks_per_s: float, *, is_reordered: bool) -> None:
        """`is_reordered`: whether packets are stored in another order than that in which they are shown."""
        self._leap = round(_LEAP_S * ticks_per_s)
        self._longest = round(_LONGEST_S * ticks_per_s)
        self._depth = _MOST_REORDERED if is_reordered else 0
        self._met: dict[tuple[int | None, int], int] = {}
        """Their times by where they lie and what they say: iterations begin anywhere, and a stray has one time."""

    def set_right(self, items: Iterator[VideoPacket | FFmpegError]) -> Iterator[VideoPacket | FFmpegError]:
        """The items in their order; strays get times between those of their neighbours.

        Strays at the beginning can't be told, and stay as they are.
        """
        held: list[VideoPacket] = []
        highest: list[int] = []  # of the times so far, rising
        for item in items:
            if isinstance(item, FFmpegError):
                yield from held
                held.clear()
                yield item
                continue
            item.pts = self._met.get((item.pos, _time(item)), item.pts)
            held.append(item)
            if self._goes_on(held):
                continue
            while count := self._settled(held, highest):
                for packet in held[:count]:
                    insort(highest, _time(packet))
                    del highest[: -1 - self._depth]
                    if self._met:
                        # FFmpeg derives these from what it has read so far.
                        packet.dts = None
                    yield packet
                del held[:count]
        yield from held

    def _goes_on(self, held: Sequence[VideoPacket]) -> bool:
        """Whether the last packet held follows the one before it as in any file, and tells nothing of those before."""
        if len(held) < 2:
            return False
        step = _time(held[-1]) - _time(held[-2])
        return 0 <= step <= self._leap and abs(_time(held[-1]) - _time(held[0])) <= self._longest

    def _settled(self, held: Sequence[VideoPacket], highest: list[int]) -> int:
        """How many of the first packets held have times that can be told now; those of strays have been set."""
        if not held:
            return 0
        time = _time(held[0])
        has_leapt = bool(highest) and time > highest[-1] + self._leap
        has_fallen = len(highest) > self._depth and time < highest[0]
        if not has_leapt and not has_fallen:
            return 1
        times = [_time(packet) for packet in held]
        return self._leapt(held, times, highest[-1]) if has_leapt else self._fallen(held, times, highest)

    def _leapt(self, held: Sequence[VideoPacket], times: Sequence[int], top: int) -> int:
        """The first packet lies far behind the one before: pictures are missing, unless the times fall back again."""
        peak, number = times[0], 1
        while number < len(times) and times[number] >= peak - (self._leap if self._depth else 0):
            peak = max(peak, times[number])
            number += 1
        back = times[number:]
        if not back:
            return 1 if peak - times[0] > self._longest else 0
        if max(back) > peak:
            return 1
        if len(back) <= self._depth:
            return 0
        before = min((time for time in back if time > top), default=top)
        leaps = (one < before for one, other in pairwise(times[:number]) if other - one > self._leap)
        if before == top or any(leaps):
            # The first one is no stray: times have gone back for good, or only what lies behind it falls back.
            return 1
        self._place(held[:number], top, before)
        return number

    def _fallen(self, held: Sequence[VideoPacket], times: Sequence[int], highest: list[int]) -> int:
        """The first packet lies too far before the one before: the clock was set back, unless times leap on again."""
        top = highest[-1]
        number = next((number for number, time in enumerate(times) if time > top), len(times))
        fallen = times[:number]
        if number == len(times) and max(fallen) - min(fallen) <= self._longest:
            return 0
        if number < len(times) and times[number] - fallen[-1] > self._leap:
            self._place(held[:number], top, times[number])
        else:
            highest.clear()
        return number

    def _place(self, strays: Sequence[VideoPacket], after: int, before: int) -> None:
        """Puts them midway between two times: as far apart as they are, or evenly where that does not fit."""
        times = [_time(packet) for packet in strays]
        room = before - after - (max(times) - min(times))
        for number, (packet, time) in enumerate(zip(strays, times, strict=True), start=1):
            shifted = time - min(times) + after + room // 2
            packet.pts = shifted if room > 1 else after + (before - after) * number // (len(strays) + 1)
            self._met[packet.pos, time] = packet.pts


def _time(packet: VideoPacket) -> int:
    if packet.pts is None:
        raise ValueError("a packet without a timestamp can't be told from a stray")
    return packet.pts
