"""A packing: when it began and ended, by the trigger card or, without one, by labels and hands.

Both readers take a chain's moments and give packings and rests. A rest is a stretch of which any reader can tell,
from the rest alone, that no packing is going on: what lies behind it does not depend on what lies before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
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
    lasting_us: int | None  # start of the first stretch in it that lasts by itself

    @property
    def duration_us(self) -> int:
        return self.end_us - self.start_us


def by_trigger(moments: Sequence[Moment]) -> Reading:
    """Packings are Off runs that last `DEBOUNCE_US`; rests are such On runs, from the first stretch on that lasts by
    itself."""
    seen = [m for m in moments if m.sample.trigger is not None]
    lasting = [run for run in _settled(_raw_runs(seen)) if run.duration_us >= DEBOUNCE_US]
    packings: list[Packing] = []
    rests: list[Rest] = []
    for position, run in enumerate(lasting):
        is_last = position + 1 == len(lasting)
        end_us = seen[-1].at_us if is_last else run.end_us
        if run.state is Trigger.OFF:
            saw_start = run.start_us > seen[0].at_us
            packings.append(Packing(run.start_us, end_us, is_last or not saw_start))
        elif run.lasting_us is not None:
            rests.append(Rest(run.lasting_us, end_us))
    return Reading(packings=tuple(packings), rests=tuple(rests))


def _settled(raw: Iterable[_Run]) -> list[_Run]:
    """Runs of which none, between two others, lasts less than `DEBOUNCE_US`: such a one is part of what lies around it,
    the shortest first.

    So a parcel lifted for a moment, a hand that passes and a misread change neither start nor end of a packing, however
    close to it they are.
    """
    runs: list[_Run] = []
    for run in raw:
        runs.append(run)
        while len(runs) > 2:
            before, between, after = runs[-3:]
            if between.duration_us >= DEBOUNCE_US or between.duration_us > min(before.duration_us, after.duration_us):
                break
            lasting_us = after.lasting_us if before.lasting_us is None else before.lasting_us
            runs[-3:] = [before._replace(end_us=after.end_us, lasting_us=lasting_us)]
    return runs


def _raw_runs(seen: Sequence[Moment]) -> list[_Run]:
    grouped = [list(same) for _, same in groupby(seen, key=lambda m: m.sample.trigger)]
    runs = []
    for position, same in enumerate(grouped):
        following = grouped[position + 1][0] if position + 1 < len(grouped) else same[-1]
        state = same[0].sample.trigger
        if state is not None:
            start_us, end_us = same[0].at_us, following.at_us
            runs.append(_Run(state, start_us, end_us, start_us if end_us - start_us >= DEBOUNCE_US else None))
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
