"""A chain: videos of one camera that follow each other closely enough for an event to cross from one to the next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

from vtrack_ray import instants
from vtrack_ray.meaning.sample import Sample, Trigger
from vtrack_ray.meaning.sampling_log import SamplingLog
from vtrack_ray.meaning.span import Coverage
from vtrack_ray.meaning.video import Video

OVERLAP_US = 2_000_000
"""Recorders begin a file up to this long before the one before it ends. Videos that share more time are not one after
the other: they are copies, or another camera's."""

_time_s, _at_us = attrgetter("time_s"), attrgetter("at_us")


@dataclass(frozen=True, kw_only=True)
class Take:
    """A video with all of its sampling logs, in any order, repeats allowed."""

    video: Video
    logs: tuple[SamplingLog, ...]

    @cached_property
    def start_us(self) -> int:
        return instants.to_us(self.video.started_at)

    @cached_property
    def end_us(self) -> int:
        """The end by the header, or the last sample where the header promises less."""
        sampled = [sample.time_s for log in self.logs for sample in log.samples[-1:]]
        return max(instants.to_us(self.video.ended_at), self.start_us + round(max(sampled, default=0.0) * 1e6))

    @cached_property
    def moments(self) -> list[Moment]:
        """The samples of all logs in time order, those of one picture made one."""
        start_us, video = self.start_us, self.video
        return [Moment(start_us + round(sample.time_s * 1e6), video, sample) for sample in self._samples()]

    def _samples(self) -> list[Sample]:
        every = sorted((sample for log in self.logs for sample in log.samples), key=_time_s)
        if all(one.time_s < next_one.time_s for one, next_one in pairwise(every)):
            return every
        return [_merged(list(same)) for _, same in groupby(every, key=_time_s)]

    def blind_us(self) -> list[tuple[int, int]]:
        """The unreadable stretches, [start, end) in microseconds since 1970, touching ones joined."""
        found: list[tuple[int, int]] = []
        stretches = sorted(s.span for log in self.logs for s in log.coverage if s.coverage is Coverage.UNREADABLE)
        for span in stretches:
            start_us, end_us = (self.start_us + round(edge_s * 1e6) for edge_s in span)
            if found and start_us <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end_us))
            else:
                found.append((start_us, end_us))
        return found


class Moment(NamedTuple):
    """A sample at its instant (microseconds since 1970)."""

    at_us: int
    video: Video
    sample: Sample


def chains(takes: Iterable[Take], gap_s: float) -> list[list[Take]]:
    """The takes as chains; the order in which they are given does not matter.

    A take continues the chain whose end it follows within the gap, the nearest one if there are several. With none, it
    may be a copy of a take within a chain: then it follows, in a chain of its own, the same ones.
    """
    found: list[list[Take]] = []
    for take in sorted(takes, key=lambda t: (t.start_us, t.video.path)):
        near = [chain for chain in found if -OVERLAP_US <= take.start_us - chain[-1].end_us <= round(gap_s * 1e6)]
        if near:
            min(near, key=lambda chain: abs(take.start_us - chain[-1].end_us)).append(take)
        else:
            found.append([*_before_copied(take, found), take])
    return found


def _before_copied(take: Take, found: Iterable[Sequence[Take]]) -> Sequence[Take]:
    """What comes before the take that this one begins with, in the first chain that has such a take behind others."""
    for chain in found:
        for number, other in enumerate(chain[1:], start=1):
            if abs(take.start_us - other.start_us) <= OVERLAP_US:
                return chain[:number]
    return ()


def unbroken(takes: Iterable[Take], gap_s: float) -> Iterator[list[Moment]]:
    """The samples of each chain in time order, parted where more than the gap could not be read.

    Of the time that two videos of a chain share, the earlier one's samples stand.
    """
    gap_us = round(gap_s * 1e6)
    for chain in chains(takes, gap_s):
        moments = list(_moments(chain))
        cuts_us = [end for take in chain for start, end in take.blind_us() if end - start > gap_us]
        for cut_us in sorted(cuts_us):
            before = [moment for moment in moments if moment.at_us < cut_us]
            if before:
                yield before
            moments = moments[len(before) :]
        if moments:
            yield moments


def _moments(chain: Sequence[Take]) -> Iterator[Moment]:
    seen_until_us = -1
    for take in chain:
        fresh = take.moments[bisect_right(take.moments, seen_until_us, key=_at_us) :]
        yield from fresh
        if fresh:
            seen_until_us = fresh[-1].at_us


def _merged(samples: list[Sample]) -> Sample:
    if len(samples) == 1:
        return samples[0]
    triggers = {s.trigger for s in samples} - {None}
    hands = {s.hand for s in samples} - {None}
    looked = [s.sights for s in samples if s.sights is not None]
    sights = {sight for found in looked for sight in found}
    return Sample(
        time_s=samples[0].time_s,
        # A card that was read is there; a look that failed to read it proves less.
        trigger=Trigger.ON if Trigger.ON in triggers else next(iter(triggers), None),
        sights=tuple(sorted(sights, key=lambda s: (s.code, s.decoder, s.area))) if looked else None,
        hand=any(hands) if hands else None,
    )
