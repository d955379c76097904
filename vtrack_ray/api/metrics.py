"""Metrics over time: how much was worked through, how quickly, and on how much at once, from the service's history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from vtrack_ray import instants
from vtrack_ray.api.asking import Asked, Zone
from vtrack_ray.api.refusals import Refusal, refusals
from vtrack_ray.api.times import instant
from vtrack_ray.api.v1 import Cameras, Since, Until
from vtrack_ray.ledger.values import HistoryFilter
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.records import Instant, Name

_WRONG = refusals(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)
_USUAL = timedelta(days=1)
_MOST_STEPS = 100_000
_MOST_OCCURRENCES = 1_000_000

routes = APIRouter(prefix="/api/v1", tags=["Service"])


class WorkDone(BaseModel):
    """What was done in a step of time."""

    at: Instant = Field(description="when the step begins; steps in which nothing was done are left out")
    videos: int = Field(description="videos that were concluded")
    footage_s: float = Field(description="seconds of footage in them")
    work_s: float = Field(description="seconds of work on them, of all tasks together")
    speed: float | None = Field(description="footage by work: times real time a task; null: no work was measured")
    events: int = Field(description="events in them")
    codes: int = Field(description="different tracking codes in each of them, added up")


class BatchSet(BaseModel):
    """A machine's batch, from then on."""

    at: Instant = Field(description="when it was set")
    node: Name = Field(description="the machine")
    size: int = Field(description="how many tasks at once; 0: the machine has left")
    cores: int | None = Field(description="how many cores the machine has; null: it has left")
    cpu: float | None = Field(description="use of its processors that led to it, in percent; null: at its start")
    memory: float | None = Field(description="use of its memory, likewise")


class Metrics(BaseModel):
    """How it went over some time."""

    step_s: int = Field(description="length of a step in seconds")
    work: list[WorkDone] = Field(description="what was done, earliest first")
    batches: list[BatchSet] = Field(description="what the machines' batches were set to, earliest first")


@routes.get("/metrics", responses=_WRONG)
def metrics(
    answers: Asked,
    zone: Zone,
    cameras: Cameras = None,
    since: Since = None,
    until: Until = None,
    step_s: Annotated[int, Query(ge=60, le=31_536_000, description="length of a step in seconds")] = 3600,
) -> Metrics:
    """How much was done in each step of time, and the machines' batches; of the last day, unless `since` is given.

    The history holds it for `HISTORY_DAYS`.
    """
    end = instant(until, zone, "until") or datetime.now(UTC)
    begin = instant(since, zone, "since") or end - _USUAL
    if (end - begin).total_seconds() > _MOST_STEPS * step_s:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"These are more than {_MOST_STEPS:,} steps; make step_s longer."
        )
    wanted = HistoryFilter(kinds=(OccurrenceKind.DONE,), since=begin, until=end, most=_MOST_OCCURRENCES)
    done = answers.history(replace(wanted, cameras=tuple(cameras or ())))
    batches = answers.history(replace(wanted, kinds=(OccurrenceKind.BATCH,)))
    return Metrics(step_s=step_s, work=_work(done, step_s, zone), batches=[_batch(one, zone) for one in batches])


def _work(done: Sequence[Occurrence], step_s: int, zone: ZoneInfo) -> list[WorkDone]:
    steps: defaultdict[int, list[Occurrence]] = defaultdict(list)
    for one in done:
        steps[instants.to_us(one.at) // (step_s * 1_000_000)].append(one)
    return [_step(steps[number], number * step_s, zone) for number in sorted(steps)]


def _step(done: Sequence[Occurrence], at_s: int, zone: ZoneInfo) -> WorkDone:
    sums = {name: sum(one.figures[name] for one in done) for name in ("footage_s", "work_s", "events", "codes")}
    return WorkDone(
        at=instants.show(instants.from_us(at_s * 1_000_000), zone),
        videos=len(done),
        footage_s=round(sums["footage_s"], 3),
        work_s=round(sums["work_s"], 3),
        speed=round(sums["footage_s"] / sums["work_s"], 1) if sums["work_s"] else None,
        events=int(sums["events"]),
        codes=int(sums["codes"]),
    )


def _batch(one: Occurrence, zone: ZoneInfo) -> BatchSet:
    cores = one.figures.get("cores")
    return BatchSet(
        at=instants.show(one.at, zone),
        node=one.node or "",
        size=int(one.figures["size"]),
        cores=None if cores is None else int(cores),
        cpu=one.figures.get("cpu"),
        memory=one.figures.get("memory"),
    )
