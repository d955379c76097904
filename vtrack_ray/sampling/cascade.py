"""The cascade for tables with a trigger card: packet sizes, then keyframes, then more only where something changed."""

from __future__ import annotations

import math
from bisect import bisect
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from vtrack_ray.footage.picture import Picture
from vtrack_ray.meaning.sample import DEBOUNCE_S, Sample, Trigger
from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.sampling.activity import BIN_S, Activity
from vtrack_ray.sampling.look import Look
from vtrack_ray.sampling.plan import (
    AROUND,
    Gap,
    Keyframes,
    gaps,
    is_next_on_grid,
    may_be_a_hand,
    may_be_covered_again,
    may_be_lifted,
)
from vtrack_ray.sampling.regular import regular
from vtrack_ray.sampling.search import Search
from vtrack_ray.vision.trigger import CARD_ROOM

_USUAL_ROW = 4
"""Encoders mostly make others from one picture in so many, or more."""

_SLACK_S = 0.1
"""Pictures do not come just when one is to be searched."""

_MOST_SHARE = 0.015
"""A person may give the trigger more room than it takes: no card is believed to fill more of the picture than this."""


def cascade(look: Look) -> None:
    """Examines keyframes, then the pictures between two neighbours where something changed or may hide."""
    with look.stages.stage("index"):
        activity = Activity(look.index, _card_share(look))
        keyframes = Keyframes(look.index, activity)
    with look.stages.stage("coarse"):
        lost = _examine_keyframes(look, keyframes)
        coarse = _with_ends(look, activity, lost)
    if lost:
        look.notes.append("some keyframes can't be decoded by themselves: sampled regularly around them")
    for stretch in lost:
        regular(look, Span(max(stretch.start_s, look.reach.start_s), min(stretch.end_s, look.reach.end_s)))
    with look.stages.stage("refine"):
        found = [gap for gap in gaps(coarse, activity, look.profile.min_packing_s) if gap.span not in lost]
        if near := _near(found, look.reach):
            _look_into(look, near, activity, keyframes)
            _time_moments(look, Span(near[0].span.start_s, near[-1].span.end_s))
    look.accounted += [
        Stretch(span=gap.span, coverage=Coverage.IDLE if gap.is_idle else Coverage.EXAMINED) for gap in found
    ]


def _examine_keyframes(look: Look, keyframes: Keyframes) -> list[Span]:
    """Examines keyframes of the span and those next to it. Gives the stretches, from one good keyframe to the
    next or to infinity, that hold some that can't be decoded, as with damage, or where a picture is refreshed bit by
    bit."""
    wanted = keyframes.coarse(look.reach, look.profile.min_packing_s, look.profile.search_interval_s or math.inf)
    for run in keyframes.runs(wanted):
        for picture in look.pictures.keyframes(run):
            look.examine_keyframe(picture)
    good = [-math.inf, *look.samples, math.inf]
    numbers = (bisect(good, time_s) for time_s in wanted if time_s not in look.samples)
    lost = [Span(good[number - 1], good[number]) for number in dict.fromkeys(numbers)]
    # What lies behind the reach is the next span's.
    lost = [stretch for stretch in lost if stretch.start_s < look.reach.end_s]
    # There it is found out once more, among all pictures, what can't be had.
    look.pictures.faults = [
        fault
        for fault in look.pictures.faults
        if not any(stretch.start_s <= fault.span.start_s < stretch.end_s for stretch in lost)
    ]
    return lost


def _with_ends(look: Look, activity: Activity, lost: Sequence[Span]) -> list[Sample]:
    """The samples so far, and those of the first and the last picture where too few keyframes bracket the span."""
    coarse = [sample for _, sample in sorted(look.samples.items())]
    first = coarse[0].time_s if coarse else math.inf
    if first > look.reach.start_s and not (lost and lost[0].start_s == -math.inf):
        for picture in look.pictures.all(Span(0.0, min(first, look.reach.end_s))):
            coarse.insert(0, look.examined(picture))
            break
    behind = [sample for sample in coarse if sample.time_s >= look.reach.end_s]
    if len(behind) < AROUND and not (lost and lost[-1].end_s == math.inf):
        coarse += _end(look, coarse, activity)
    return coarse


def _end(look: Look, coarse: Sequence[Sample], activity: Activity) -> list[Sample]:
    """The last picture's sample, unless the table was idle up to the last keyframe and nothing moves after it.

    Idle since the keyframe before, and still for a moment: a packing that has just ended needs the pictures after it to
    be sure.
    """
    last = coarse[-1] if coarse else None
    if last is not None and all(sample.trigger is Trigger.ON for sample in coarse[-2:]) and len(coarse) > 1:
        end_s = float(look.index.times_s[-1])
        if activity.moved_within(last.time_s - DEBOUNCE_S, end_s) is None:
            look.accounted.append(Stretch(span=Span(last.time_s, end_s), coverage=Coverage.IDLE))
            return []
    shown = deque(look.pictures.all(Span(last.time_s if last else 0.0, math.inf)), maxlen=1)
    return [look.examined(picture) for picture in shown if picture.time_s not in look.samples]


def _near(found: Sequence[Gap], reach: Span) -> Sequence[Gap]:
    """The gaps that lie in the reach, and one on each side: what hides in a gap depends on what its neighbours show, if
    anything moved in it."""
    within = [
        number for number, gap in enumerate(found) if gap.span.start_s < reach.end_s and gap.span.end_s > reach.start_s
    ]
    if not within:
        return []
    first, last = within[0], within[-1]
    before, behind = (found[number].moved is not None for number in (first, last))
    return found[max(first - before, 0) : last + 1 + behind]


def _look_into(look: Look, near: Sequence[Gap], activity: Activity, keyframes: Keyframes) -> None:
    """Refines the gaps in which something changed or may hide, then those that the samples at their ends, the card
    seen or covered there for no more than a moment so far, do not tell enough of."""
    for gap in near:
        if gap.needs_look:
            _refine(look, gap, keyframes)
    for gap, following in pairwise(near):
        is_doubtful = may_be_lifted(gap, following, activity, look.profile.min_packing_s)
        if is_doubtful and _is_covered_again(look, following):
            _refine(look, following, keyframes)
    # By what these show alone: else how far one such gap leads to the next would depend on where the span begins.
    on_s, off_s = (
        sorted(sample.time_s for sample in look.samples.values() if sample.trigger is state) for state in Trigger
    )
    for gap in near:
        is_doubtful = may_be_a_hand(gap, on_s, activity) or may_be_covered_again(gap, off_s)
        if is_doubtful and not gap.needs_look:
            _refine(look, gap, keyframes)
    if (interval_s := look.profile.search_interval_s) is not None:
        for gap in near:
            may_show_more = gap.is_off and gap.moved is not None and gap.span.duration_s > interval_s + _SLACK_S
            if may_show_more and not gap.needs_look and _search_gap(look, gap, interval_s) is Trigger.ON:
                _look_through(look, gap.before, gap.after, gap.span)


def _refine(look: Look, gap: Gap, keyframes: Keyframes) -> None:
    """Looks through the part of a gap in which something moved; through all, where that part does not explain what
    the samples at its ends show.

    The whole part, even where the span covers less of it: the parts of two spans then fit together.
    """
    if gap.moved is not None:
        # Decoding begins at a keyframe anyway; and after the motion, a moment more to see what it has come to.
        start_s = max(keyframes.last_before(gap.moved.start_s), gap.span.start_s)
        end_s = min(gap.moved.end_s + BIN_S, gap.span.end_s)
        seen = _look_through(look, gap.before, gap.after, Span(start_s, end_s))
        first = gap.before if start_s <= gap.before.time_s else seen[0] if seen else None
        last = gap.after if end_s >= gap.after.time_s else seen[-1] if seen else None
        if first and last and (first.trigger, last.trigger) == (gap.before.trigger, gap.after.trigger):
            return
    _look_through(look, gap.before, gap.after, gap.span)


def _search_gap(look: Look, gap: Gap, interval_s: float) -> Trigger:
    """Searches a gap in a packing for codes, a picture each interval; On as soon as one shows the card, else Off."""
    times_s, searched_s = look.index.times_s, gap.before.time_s
    within = np.count_nonzero((times_s >= gap.before.time_s) & (times_s < gap.after.time_s))
    is_dense = interval_s * within >= _USUAL_ROW * gap.span.duration_s
    for picture in (look.pictures.references if is_dense else look.pictures.all)(gap.span):
        if picture.time_s - searched_s < interval_s:
            continue
        searched_s = picture.time_s
        if look.examined(picture).trigger is Trigger.ON:
            return Trigger.ON
        if gap.after.time_s - searched_s <= interval_s + _SLACK_S:
            break
    return Trigger.OFF


def _is_covered_again(look: Look, gap: Gap) -> bool:
    """Whether the card, seen at the start of a gap, is covered before it was seen for long enough to count."""
    last_s = gap.before.time_s
    part = Span(last_s, min(last_s + DEBOUNCE_S, gap.after.time_s))
    for picture in look.references(part, (gap.before, gap.after)):
        if is_next_on_grid(last_s, picture.time_s, look.profile.sampling_interval_s):
            last_s = picture.time_s
            if look.examined(picture, trigger_only=True).trigger is Trigger.OFF:
                return True
    return False


def _look_through(look: Look, before: Sample, after: Sample, span: Span) -> list[Sample]:
    """Examines the pictures of the sampling interval, and between two that show different states all there are.

    Gives the samples of the interval; `before` and `after` are known from outside the span.
    """
    interval_s = look.profile.sampling_interval_s
    known, passed, seen, edges = before, list[Picture](), list[Sample](), list[Span]()
    search = Search(look, before, span.start_s)
    for picture in look.references(span, (before, after)):
        if picture.time_s <= before.time_s:
            continue
        search.note_decoded(picture)
        last_s = passed[-1].time_s if passed else known.time_s
        if not is_next_on_grid(last_s, picture.time_s, interval_s):
            passed.append(picture)
            continue
        sample = search.examine(picture)
        if sample.trigger is not known.trigger:
            _examine_triggers(look, passed)
        if sample.trigger is not known.trigger or sample.time_s - known.time_s >= look.profile.min_packing_s:
            edges.append(Span(known.time_s, sample.time_s))
        known, passed = sample, []
        seen.append(sample)
    if after.trigger is not known.trigger:
        _examine_triggers(look, passed)
        edges.append(Span(known.time_s, after.time_s))
    search.close(after, span.end_s)
    _sharpen(look, edges)
    return seen


def _sharpen(look: Look, edges: Iterable[Span]) -> None:
    """Examines what was left out where the state changes, or where a packing may hide in it."""
    passed = [
        Span(before.time_s, after.time_s)
        for edge in edges
        for before, after in pairwise(_within(look, edge))
        if before.trigger is not after.trigger or after.time_s - before.time_s >= look.profile.min_packing_s
    ]
    _examine_triggers(look, look.left_out(passed))


def _time_moments(look: Look, part: Span) -> None:
    """Examines all that was left out at both ends of each moment in which the card is seen or covered for less than it
    takes to count: which of several moments lasted longest decides when a packing began or ended."""
    changes = [pair for pair in pairwise(_within(look, part)) if pair[0].trigger is not pair[1].trigger]
    edges = [Span(before.time_s, after.time_s) for before, after in changes]
    moments = [pair for pair in pairwise(edges) if pair[1].start_s - pair[0].end_s < DEBOUNCE_S]
    _examine_triggers(look, look.between(dict.fromkeys(edge for pair in moments for edge in pair)))


def _within(look: Look, span: Span) -> list[Sample]:
    """The samples so far in that span, its end included, in order of time."""
    return [sample for time_s, sample in sorted(look.samples.items()) if span.start_s <= time_s <= span.end_s]


def _card_share(look: Look) -> float:
    """The part of the picture that the card's code fills: its area leaves as much room around it as the survey does."""
    area = look.profile.qr_trigger_area
    picture_px = look.pictures.width_px * look.pictures.height_px
    if area is None or not picture_px:
        return 0.0
    return min(area.width * area.height / CARD_ROOM / picture_px, _MOST_SHARE)


def _examine_triggers(look: Look, pictures: Iterable[Picture]) -> None:
    for picture in pictures:
        look.examined(picture, trigger_only=True)
