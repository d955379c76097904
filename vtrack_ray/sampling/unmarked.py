"""Sampling of tables without a trigger card: next to nothing where nothing moves; elsewhere codes, and hands in need.

Nothing is packed without hands, and hands move. So time is taken in cells of a second. Where something moves in or near
a cell, its pictures are searched for codes, and one of them for hands; the others only where neither hand nor code is
seen at one of its ends, since packings begin there. What a still table shows is what its next keyframe shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vtrack_ray.footage.picture import Picture
from vtrack_ray.footage.pictures import MOST_LEFT_OUT
from vtrack_ray.meaning.sample import Sample
from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.sampling.activity import BIN_S, Activity
from vtrack_ray.sampling.look import Look
from vtrack_ray.sampling.plan import CHECK_S, COARSE_S, SEARCH_EVERY, is_next_on_grid, on_grid

_HAND_SHARE = 0.01
"""A hand that MediaPipe can find fills more of the picture than this, and takes as much to store as a card."""


def unmarked(look: Look) -> None:
    """Examines the cells in which something moves, and some keyframes of the others."""
    keyframes_s = look.index.times_s[look.index.keyframe]
    with look.stages.stage("index"):
        moving = _moving(look, keyframes_s)
    with look.stages.stage("refine"):
        for stretch in _within_reach(look, _runs(moving)):
            _examine_motion(look, stretch)
            look.accounted.append(Stretch(span=stretch, coverage=Coverage.EXAMINED))
    with look.stages.stage("coarse"):
        for still in _runs(~moving):
            _examine_rest(look, still, keyframes_s)


def _moving(look: Look, keyframes_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """For each second of the video up to the index's end, whether something moves in it or a moment before or after.

    So it is taken to do between keyframes that may leave min packing time between two sights of a label that lies
    still: they would be taken for two packings. The last picture that is searched before the table comes to rest may
    lie a search's interval before a keyframe.
    """
    if not look.index.times_s.size:
        return np.zeros(0, np.bool_)
    activity = Activity(look.index, _HAND_SHARE)
    first, last = int(look.index.times_s[0]), int(look.index.times_s[-1])
    moving = np.zeros(last + 1, np.bool_)
    for cell in range(first, last + 1):
        moving[cell] = activity.moved_within(cell - BIN_S, cell + 1 + BIN_S) is not None
    longest_s = look.profile.min_packing_s - SEARCH_EVERY * look.profile.sampling_interval_s
    for before_s, after_s in pairwise(keyframes_s):
        if after_s - before_s >= longest_s:
            moving[int(before_s) : int(after_s) + 1] = True
    return moving


def _runs(cells: NDArray[np.bool_]) -> Iterator[Span]:
    """The runs of cells that are true."""
    edges = np.flatnonzero(np.diff(cells, prepend=False, append=False))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield Span(float(start), float(end))


def _within_reach(look: Look, stretches: Iterator[Span]) -> Iterator[Span]:
    """The parts of the stretches in the reach, and as much more on both sides as its own pictures depend on: a cell,
    from a picture that others are made from.
    """
    times_s = look.index.times_s
    if not times_s.size:
        return
    first, past = np.searchsorted(times_s, [look.reach.start_s, look.reach.end_s])
    low = math.floor(times_s[max(first - MOST_LEFT_OUT, 0)]) - 1
    high = math.ceil(times_s[min(past + MOST_LEFT_OUT, times_s.size - 1)]) + 1
    for start_s, end_s in stretches:
        part = Span(max(start_s, low), min(end_s, high))
        if part.duration_s > 0:
            yield part


def _examine_motion(look: Look, stretch: Span) -> None:
    """Examines a stretch of whole cells."""
    interval_s = look.profile.sampling_interval_s
    searched = Sample(time_s=-math.inf)
    was_busy = False
    unsearched: list[Picture] = []  # since the last one that was searched
    cell: list[Picture] = []
    for picture in look.pictures.references(stretch):
        if picture.time_s < stretch.start_s:
            continue
        is_first = not cell or int(picture.time_s) > int(cell[0].time_s)
        if is_first or is_next_on_grid(searched.time_s, picture.time_s, SEARCH_EVERY * interval_s):
            sample = _searched(look, picture)
            if sample.codes != searched.codes:
                for between in unsearched:
                    _searched(look, between)
            searched, unsearched = sample, []
        else:
            unsearched.append(picture)
        if is_first:
            is_busy = bool(searched.sights) or _shows_hand(look, picture, cell[-1] if cell else None)
            if not (was_busy and is_busy):
                _look_for_hands(look, [*cell, picture])
            cell, was_busy = [], is_busy
        cell.append(picture)
    _look_for_hands(look, cell)
    if cell and stretch.end_s > look.index.times_s[-1]:
        _searched(look, cell[-1])
        _shows_hand(look, *cell[:-3:-1])
    _sharpen(look, stretch)


def _sharpen(look: Look, stretch: Span) -> None:
    """Examines what was left out where codes or hands come or go, or where a packing may hide in it."""
    longest_s = look.profile.min_packing_s
    searched = pairwise([sample for sample in _samples(look, stretch) if sample.sights is not None])
    _examine_left_out(
        look,
        [
            Span(before.time_s, after.time_s)
            for before, after in searched
            if before.codes != after.codes or after.time_s - before.time_s >= longest_s
        ],
        for_codes=True,
    )
    known = pairwise([sample for sample in _samples(look, stretch) if sample.sights or sample.hand is not None])
    _examine_left_out(
        look,
        [
            Span(before.time_s, after.time_s)
            for before, after in known
            if bool(before.sights or before.hand) is not bool(after.sights or after.hand)
            or after.time_s - before.time_s >= longest_s
        ],
    )


def _examine_left_out(look: Look, passed: Sequence[Span], *, for_codes: bool = False) -> None:
    """Looks for hands, wherever no code is seen if those are looked for as well."""
    previous = None
    for picture in look.left_out(passed):
        if not (for_codes and _searched(look, picture).sights):
            _shows_hand(look, picture, previous)
        previous = picture


def _samples(look: Look, stretch: Span) -> list[Sample]:
    """Those of the stretch so far, in order of time."""
    return [sample for time_s, sample in sorted(look.samples.items()) if stretch.start_s <= time_s < stretch.end_s]


def _look_for_hands(look: Look, cell: Sequence[Picture]) -> None:
    """Looks for hands in the pictures of the sampling interval, and in those before the one in which they come."""
    were_there, passed = True, list[tuple[Picture, Picture]]()
    for before, picture in pairwise(cell):
        if not is_next_on_grid(before.time_s, picture.time_s, look.profile.sampling_interval_s):
            passed.append((picture, before))
            continue
        sample = look.samples.get(picture.time_s)
        are_there = bool(sample and sample.sights) or _shows_hand(look, picture, before)
        if are_there and not were_there:
            for pair in passed:
                _shows_hand(look, *pair)
        were_there, passed = are_there, []


def _examine_rest(look: Look, still: Span, keyframes_s: NDArray[np.float64]) -> None:
    """Examines the first keyframe of a still stretch and one each `CHECK_S`; where one shows a code or a hand, those
    that follow it too, so that what lies there is seen to go on lying there."""
    inside = keyframes_s[(keyframes_s >= still.start_s) & (keyframes_s < still.end_s)]
    is_busy: bool | None = None
    if not inside.size:
        look.accounted.append(Stretch(span=still, coverage=Coverage.IDLE))
    checks = on_grid(inside, CHECK_S)
    step_s = min(COARSE_S, look.profile.min_packing_s / 2)
    # The last one before a longer time without any, too.
    steps = on_grid(inside, step_s) | checks | (np.diff(inside, append=np.inf) > step_s)
    starts = np.flatnonzero(checks)
    for number, following in zip(starts, [*starts[1:], len(inside)], strict=False):
        until_s = float(inside[following]) if following < len(inside) else still.end_s
        if until_s <= look.reach.start_s or inside[number] >= look.reach.end_s:
            continue
        is_busy = _examine_keyframe(look, inside[number])
        if is_busy is None:
            # What lies there till the next check is seen in the pictures that can be decoded.
            _examine_motion(look, Span(float(inside[number]), until_s))
        for step in np.flatnonzero(steps[number + 1 : following]) + number + 1 if is_busy else ():
            _examine_keyframe(look, inside[step])
        coverage = Coverage.IDLE if is_busy is False else Coverage.EXAMINED
        start_s = still.start_s if number == 0 else float(inside[number])
        look.accounted.append(Stretch(span=Span(start_s, until_s), coverage=coverage))
    if is_busy is not False:
        _examine_last(look, still)


def _examine_last(look: Look, still: Span) -> None:
    """Examines the video's last picture if it lies in that stretch and in the reach: what lies on the table till then
    may lie there in the next video."""
    last_s = float(look.index.times_s[-1])
    if not (still.start_s <= last_s < still.end_s and look.reach.start_s <= last_s < look.reach.end_s):
        return
    for picture in look.pictures.all(Span(last_s, math.inf)):
        _searched(look, picture)
        _shows_hand(look, picture)


def _examine_keyframe(look: Look, time_s: float) -> bool | None:
    """Whether the keyframe shows a code or a hand; None if it can't be decoded."""
    for picture in look.pictures.keyframes(Span(float(time_s), float(np.nextafter(time_s, np.inf)))):
        return bool(_searched(look, picture).sights) or _shows_hand(look, picture)
    return None


def _searched(look: Look, picture: Picture) -> Sample:
    """The picture's sample, searched for codes."""
    sample = look.samples.get(picture.time_s, Sample(time_s=picture.time_s))
    if sample.sights is None:
        sample = look.samples[picture.time_s] = replace(sample, sights=look.examiner.sights(picture))
    return sample


def _shows_hand(look: Look, picture: Picture, before: Picture | None = None) -> bool:
    sample = look.samples.get(picture.time_s, Sample(time_s=picture.time_s))
    if sample.hand is None:
        sample = look.samples[picture.time_s] = replace(sample, hand=look.examiner.shows_hand(picture, before))
    return bool(sample.hand)
