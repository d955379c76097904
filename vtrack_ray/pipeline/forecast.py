"""A forecast: when the backlog will be done, at the speed measured so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vtrack_ray.ledger.answers import Answers
from vtrack_ray.ledger.values import Backlog, HistoryFilter
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind

_MOST_BATCHES = 1000
"""The latest so many words on batch sizes hold one of every machine."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is left of a camera's videos; `speed` is footage by work, `left_s` the time until all of it is done.

    None where nothing was measured yet. `videos` counts those, too, whose header was not read yet, `footage_s` does
    not.
    """

    camera_name: str
    videos: int
    footage_s: float
    speed: float | None
    left_s: float | None


def forecasts_of(answers: Answers) -> list[Forecast]:
    """One for each camera of a ledger."""
    batches = answers.history(HistoryFilter(kinds=(OccurrenceKind.BATCH,), most=_MOST_BATCHES))
    return forecasts(answers.backlog(), slots_of(batches))


def forecasts(backlog: Sequence[Backlog], slots: float) -> list[Forecast]:
    """One for each camera, on so many slots, of which each camera with work left gets an equal share."""
    measured = [camera.cost for camera in backlog if camera.cost]
    usual = sum(measured) / len(measured) if measured else None
    work_s = {camera.camera_name: _work_s(camera, usual) for camera in backlog}
    return [
        Forecast(
            camera_name=camera.camera_name,
            videos=camera.videos,
            footage_s=camera.footage_s,
            speed=1 / camera.cost if camera.cost else None,
            left_s=_shared(work_s[camera.camera_name], list(work_s.values()), slots),
        )
        for camera in backlog
    ]


def all_left_s(left: Sequence[Forecast]) -> float | None:
    """The time until all cameras are done; None where it can't be told of each of them, or there is none."""
    times_s = [one.left_s for one in left if one.left_s is not None]
    return max(times_s) if times_s and len(times_s) == len(left) else None


def slots_of(batches: Sequence[Occurrence]) -> float:
    """How much goes on at once by the latest word on each machine's batch: a core does no more than one thing."""
    latest = {one.node: one.figures for one in batches}
    return sum(min(figures["size"], figures.get("cores", figures["size"])) for figures in latest.values())


def _work_s(camera: Backlog, usual: float | None) -> float | None:
    if not camera.videos:
        return 0.0
    cost = camera.cost or usual
    return camera.footage_s * cost if cost else None


def _shared(own_s: float | None, all_s: Sequence[float | None], slots: float) -> float | None:
    """Until one's own work is done, each of the others gets as much done as oneself, or is done before."""
    if own_s is None or not slots:
        return 0.0 if own_s == 0 else None
    return sum(min(own_s, other_s) for other_s in all_s if other_s is not None) / slots
