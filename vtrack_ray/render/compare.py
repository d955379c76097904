"""A comparison of found events with the truth: pairs, missed and invented events, worst errors, codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from vtrack_ray.instants import require_aware
from vtrack_ray.render.truth import TrueEvent, Truth

FoundEvent: TypeAlias = Mapping[str, Any]
"""An event as `vtrack events --json` prints it; read are `camera_name`, `started_at`, `ended_at`, `tracking_codes`."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A true event and the found event that shares most time with it."""

    camera_name: str
    true: TrueEvent
    found: FoundEvent

    @property
    def start_error_s(self) -> float:
        """Positive: found too late."""
        return (_instant(self.found, "started_at") - self.true.started_at).total_seconds()

    @property
    def end_error_s(self) -> float:
        """Positive: found too late."""
        return (_instant(self.found, "ended_at") - self.true.ended_at).total_seconds()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How found events differ from the truth; codes are told as (camera, code)."""

    pairs: tuple[Pair, ...]
    missed: tuple[tuple[str, TrueEvent], ...]
    """Camera and event."""
    invented: tuple[FoundEvent, ...]
    codes_missed: tuple[tuple[str, str], ...]
    codes_invented: tuple[tuple[str, str], ...]

    @property
    def worst_start_error_s(self) -> float:
        """The largest error of a start, either way; 0 with no pairs."""
        return max((abs(pair.start_error_s) for pair in self.pairs), default=0.0)

    @property
    def worst_end_error_s(self) -> float:
        """The largest error of an end, either way; 0 with no pairs."""
        return max((abs(pair.end_error_s) for pair in self.pairs), default=0.0)

    def agrees(self, within_s: float) -> bool:
        """Whether every event and code was found and no other, with all times within `within_s`."""
        strays = (self.missed, self.invented, self.codes_missed, self.codes_invented)
        return not any(strays) and max(self.worst_start_error_s, self.worst_end_error_s) <= within_s


def compare(truth: Truth, found: Iterable[FoundEvent]) -> Comparison:
    """Pairs each true event with at most one found event of its camera, those with most time in common first."""
    left = list(found)
    pairs: list[Pair] = []
    missed: list[tuple[str, TrueEvent]] = []
    for camera in truth.cameras:
        own = [event for event in left if event["camera_name"] == camera.camera_name]
        matches = _matched(camera.events, own)
        for number, event in enumerate(camera.events):
            match = matches.get(number)
            if match is None:
                missed.append((camera.camera_name, event))
            else:
                pairs.append(Pair(camera_name=camera.camera_name, true=event, found=own[match]))
    taken = {id(pair.found) for pair in pairs}
    invented = [event for event in left if id(event) not in taken]
    return Comparison(
        pairs=tuple(pairs),
        missed=tuple(missed),
        invented=tuple(invented),
        codes_missed=(
            *(
                (pair.camera_name, code)
                for pair in pairs
                for code in _only(pair.true.tracking_codes, _codes(pair.found))
            ),
            *((camera_name, code) for camera_name, event in missed for code in event.tracking_codes),
        ),
        codes_invented=(
            *(
                (pair.camera_name, code)
                for pair in pairs
                for code in _only(_codes(pair.found), pair.true.tracking_codes)
            ),
            *((event["camera_name"], code) for event in invented for code in _codes(event)),
        ),
    )


def _matched(true: Sequence[TrueEvent], found: Sequence[FoundEvent]) -> dict[int, int]:
    """Numbers of found events by those of true ones, each used once, most time in common first."""
    shared = sorted(
        (
            (_shared_s(event, candidate), number, match)
            for number, event in enumerate(true)
            for match, candidate in enumerate(found)
        ),
        key=lambda row: (-row[0], row[1:]),
    )
    matches: dict[int, int] = {}
    for seconds, number, match in shared:
        if seconds > 0 and number not in matches and match not in matches.values():
            matches[number] = match
    return matches


def _shared_s(true: TrueEvent, found: FoundEvent) -> float:
    start = max(true.started_at, _instant(found, "started_at"))
    end = min(true.ended_at, _instant(found, "ended_at"))
    return (end - start).total_seconds()


def _instant(found: FoundEvent, name: str) -> datetime:
    return require_aware(datetime.fromisoformat(found[name]))


def _codes(found: FoundEvent) -> Sequence[str]:
    return list(found["tracking_codes"])


def _only(codes: Iterable[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [code for code in codes if code not in known]
