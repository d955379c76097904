"""A packing: when it began and ended, by the trigger card or, without one, by labels and hands.

Both readers take a chain's moments and give packings and rests. A rest is a stretch of which any reader can tell,
from the rest alone, that no packing is going on: what lies behind it does not depend on what lies before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

from vtrack_ray.events.chain import Moment
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import DEBOUNCE_S, Trigger

DEBOUNCE_US = round(DEBOUNCE_S * 1e6)

STILL_US = 3_000_000
"""Without a hand and without a label for at least this long, the table is still. MediaPipe finds a hand in 4 of 5
pictures that show one: at 5 pictures a second, 15 misses in a row do not happen by chance."""


class Packing(NamedTuple):
    """[start_us, end_us] in microseconds since 1970; open where the start or the end was not seen."""

    start_us: int
    end_us: int
    is_open: bool


class Rest(NamedTuple):
    """[start_us, end_us) during which nothing is packed."""

    start_us: int
    end_us: int


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a chain shows: packings and rests, each in time order."""

    packings: tuple[Packing, ...]
    rests: tuple[Rest, ...]


def read_packings(moments: Sequence[Moment], profile: Profile) -> Reading:
    """The packings and rests of a chain's moments, by the rule that fits the profile."""
    return by_trigger(moments) if profile.qr_trigger_area else by_labels(moments, profile)


class _Run(NamedTuple):
    state: Trigger
    start_us: int
    end_us: int  # start of the next run; of the last one, its last moment


def by_trigger(moments: Sequence[Moment]) -> Reading:
    """Packings are confirmed Off runs, rests confirmed On runs; a run is confirmed once it lasted `DEBOUNCE_US`."""
    seen = [m for m in moments if m.sample.trigger is not None]
    confirmed = list(_confirmed(seen))
    packings: list[Packing] = []
    rests: list[Rest] = []
    for position, run in enumerate(confirmed):
        if run.state is Trigger.ON:
            rests.append(Rest(run.start_us, run.end_us))
            continue
        saw_start = run.start_us > seen[0].at_us
        saw_end = position + 1 < len(confirmed)
        packings.append(Packing(run.start_us, run.end_us, not (saw_start and saw_end)))
    return Reading(packings=tuple(packings), rests=tuple(rests))


def _confirmed(seen: Sequence[Moment]) -> Iterator[_Run]:
    """Runs of alternating state; those too short to count are part of the run before them."""
    raw = _raw_runs(seen)
    lasting = [run for run in raw if run.end_us - run.start_us >= DEBOUNCE_US]
    starts = [next(same) for _, same in groupby(lasting, key=lambda run: run.state)]
    for run, after in pairwise(starts):
        yield run._replace(end_us=after.start_us)
    if starts:
        yield starts[-1]._replace(end_us=seen[-1].at_us)


def _raw_runs(seen: Sequence[Moment]) -> list[_Run]:
    grouped = [list(same) for _, same in groupby(seen, key=lambda m: m.sample.trigger)]
    runs = []
    for position, same in enumerate(grouped):
        following = grouped[position + 1][0] if position + 1 < len(grouped) else same[-1]
        state = same[0].sample.trigger
        if state is not None:
            runs.append(_Run(state, same[0].at_us, following.at_us))
    return runs


class _Shown(NamedTuple):
    start_us: int  # first sight
    end_us: int  # last sight


def by_labels(moments: Sequence[Moment], profile: Profile) -> Reading:
    """Packings end with the last sight of a label; they start with the first hand after the table was last still."""
    looked = [m for m in moments if m.sample.sights is not None]
    if not looked:
        return Reading(packings=(), rests=())
    min_packing_us = round(profile.min_packing_s * 1e6)
    quiet = _quiet(moments)
    hands = [m.at_us for m in moments if m.sample.hand]
    packings: list[Packing] = []
    free_from_us = moments[0].at_us
    for shown in _labels_shown(looked, min_packing_us):
        still_until_us = max(
            (min(rest.end_us, shown.start_us) for rest in quiet if _still_before(rest, free_from_us, shown.start_us)),
            default=free_from_us,
        )
        hand_us = next((at for at in hands if still_until_us <= at <= shown.end_us), None)
        start_us = min(shown.start_us, shown.end_us - min_packing_us if hand_us is None else hand_us)
        saw_start = start_us > moments[0].at_us
        saw_end = shown.end_us < looked[-1].at_us
        # Never within the event before, nor before the first picture: then the start was not seen.
        packings.append(Packing(max(start_us, free_from_us), shown.end_us, not (saw_start and saw_end)))
        free_from_us = shown.end_us + 1
    resting_us = max(STILL_US, min_packing_us)
    return Reading(
        packings=tuple(packings), rests=tuple(rest for rest in quiet if rest.end_us - rest.start_us >= resting_us)
    )


def _still_before(rest: Rest, free_from_us: int, shown_us: int) -> bool:
    return min(rest.end_us, shown_us) - max(rest.start_us, free_from_us) >= STILL_US


def _labels_shown(looked: Sequence[Moment], min_packing_us: int) -> list[_Shown]:
    """When labels were on the table: sights of one code closer than min packing time belong together, and so do
    labels of different codes that were there at the same time."""
    by_code: dict[str, list[int]] = {}
    for moment in looked:
        for sight in moment.sample.sights or ():
            by_code.setdefault(sight.code, []).append(moment.at_us)
    per_code = [
        shown
        for sights_us in by_code.values()
        for shown in _clustered([_Shown(at, at) for at in sights_us], min_packing_us)
    ]
    return _clustered(sorted(per_code), 1)


def _clustered(shown: Sequence[_Shown], closer_than_us: int) -> list[_Shown]:
    out: list[_Shown] = []
    for one in shown:
        if out and one.start_us - out[-1].end_us < closer_than_us:
            out[-1] = _Shown(out[-1].start_us, max(out[-1].end_us, one.end_us))
        else:
            out.append(one)
    return out


def _quiet(moments: Sequence[Moment]) -> list[Rest]:
    """Stretches with neither hand nor label, from their first moment to the next busy one (or the last moment)."""
    out = []
    grouped = [list(same) for _, same in groupby(moments, key=lambda m: bool(m.sample.hand or m.sample.sights))]
    for position, same in enumerate(grouped):
        if not (same[0].sample.hand or same[0].sample.sights):
            following = grouped[position + 1][0] if position + 1 < len(grouped) else same[-1]
            out.append(Rest(same[0].at_us, following.at_us))
    return out
