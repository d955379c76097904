"""A witness: tells the truth of a camera's footage from what the stage shows in each picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vtrack_ray.render.stage import HANDS_BEFORE_S, Stage
from vtrack_ray.render.timeline import Packed
from vtrack_ray.render.truth import TrueEvent, TrueSight

_AFTERWARDS_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One file's pictures: `times_s` from its first picture, which is `start_s` after the camera's first."""

    path: str
    start_s: float
    times_s: tuple[float, ...]

    @property
    def last_s(self) -> float:
        """The last picture's time from the camera's first picture."""
        return self.start_s + self.times_s[-1]


def true_events(
    stage: Stage, shots: Sequence[Shot], trigger_card: bool, camera_started_at: datetime
) -> tuple[TrueEvent, ...]:
    """The events that the shots' pictures show; a parcel without card and label is none."""
    instants = [shot.start_s + time_s for shot in shots for time_s in shot.times_s]
    events = []
    for packed in stage.timeline.packed:
        near = [t for t in instants if packed.arrives_s - HANDS_BEFORE_S <= t <= packed.gone_s + _AFTERWARDS_S]
        bounds = _covered(stage, packed, near) if trigger_card else _handled(stage, near)
        if bounds is not None:
            events.append(_event(stage, packed, near, bounds, shots, camera_started_at))
    return tuple(events)


def _covered(stage: Stage, packed: Packed, instants: Sequence[float]) -> tuple[float, float] | None:
    """The first picture with the card covered, and the first with the card free once the parcel leaves."""
    start = next((t for t in instants if stage.covers_card(stage.at(t))), None)
    if start is None:
        return None
    end = next((t for t in instants if t > max(start, packed.leaves_s) and stage.frees_card(stage.at(t))), instants[-1])
    return start, end


def _handled(stage: Stage, instants: Sequence[float]) -> tuple[float, float] | None:
    """The first picture with a whole hand, and the last with a code."""
    coded = [t for t in instants if stage.codes_shown(stage.at(t))]
    start = next((t for t in instants if stage.shows_hand(stage.at(t))), None)
    return (start, coded[-1]) if coded and start is not None else None


def _event(
    stage: Stage,
    packed: Packed,
    instants: Sequence[float],
    bounds: tuple[float, float],
    shots: Sequence[Shot],
    camera_started_at: datetime,
) -> TrueEvent:
    start, end = bounds
    own = [shot for shot in shots if shot.start_s <= end and shot.last_s >= start]
    origin = own[0].start_s
    sights = []
    for label in packed.labels:
        seen = [t for t in instants if start <= t <= end and label.code in stage.codes_shown(stage.at(t))]
        if seen:
            sights.append(
                TrueSight(code=label.code, first_s=_rounded(seen[0] - origin), last_s=_rounded(seen[-1] - origin))
            )
    return TrueEvent(
        start_s=_rounded(start - origin),
        end_s=_rounded(end - origin),
        started_at=camera_started_at + timedelta(seconds=start),
        ended_at=camera_started_at + timedelta(seconds=end),
        videos=tuple(shot.path for shot in own),
        tracking_codes=tuple(sight.code for sight in sights),
        sights=tuple(sights),
    )


def _rounded(time_s: float) -> float:
    return round(time_s, 6)
