"""Progress: how far all of it is, asked once or told as it goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from vtrack_ray import instants
from vtrack_ray.api.asking import Asked, Asking, Asks, Zone
from vtrack_ray.api.refusals import Refusal, refusals
from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.answers import Answers
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.pipeline.forecast import all_left_s, forecasts_of
from vtrack_ray.records import Instant

_EVERY_S = 2.0
_MOST_LISTENERS = 50

routes = APIRouter(prefix="/api/v1", tags=["Service"])


class Totals(BaseModel):
    """What is done and what is left."""

    total: int = Field(description="all videos that are known")
    finished: int = Field(description="those that reached their end, good or bad")
    failed: int = Field(description="those of them that failed or timed out")
    footage_left_s: float = Field(description="seconds of footage in unfinished videos whose header was read")
    rate: float | None = Field(description="times real time a core, measured lately; null: not measured yet")
    estimated_finish: Instant | None = Field(description="when all of it is done; null: can't be told yet")


def totals(answers: Answers, zone: ZoneInfo) -> Totals:
    """How things stand now."""
    counts, left = answers.counts(), forecasts_of(answers)
    speeds = [one.speed for one in left if one.speed is not None]
    left_s = all_left_s(left)
    finish = None if left_s is None else datetime.now(UTC) + timedelta(seconds=left_s)
    return Totals(
        total=sum(counts.values()),
        finished=sum(count for status, count in counts.items() if status.is_final),
        failed=counts.get(VideoStatus.FAILED, 0) + counts.get(VideoStatus.TIMEOUT, 0),
        footage_left_s=round(sum(one.footage_s for one in left), 3),
        rate=round(sum(speeds) / len(speeds), 1) if speeds else None,
        estimated_finish=instants.show(finish, zone) if finish else None,
    )


@routes.get("/progress", responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE))
def progress(answers: Asked, zone: Zone) -> Totals:
    """What is done and what is left."""
    return totals(answers, zone)


@routes.get(
    "/progress/live",
    response_class=StreamingResponse,
    responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE)
    | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "server-sent events"}},
)
async def live_progress(asking: Asks, zone: Zone) -> StreamingResponse:
    """The same every other second, as server-sent events: `totals`, or `away` with an `error` while it starts again."""
    return StreamingResponse(_Listeners.told(asking, zone), media_type="text/event-stream")


class _Listeners:
    """Counts those who listen: each costs a look at the database every other second."""

    count = 0

    @classmethod
    def told(cls, asking: Asking, zone: ZoneInfo) -> AsyncIterator[str]:
        """What one of them is told, until it leaves. Raises Refusal if there are too many."""
        if cls.count >= _MOST_LISTENERS:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{_MOST_LISTENERS} listen already; ask for /api/v1/progress now and then.",
                {"Retry-After": "60"},
            )
        return cls._told(asking, zone)

    @classmethod
    async def _told(cls, asking: Asking, zone: ZoneInfo) -> AsyncIterator[str]:
        cls.count += 1
        try:
            while True:
                yield await asyncio.to_thread(_message, asking, zone)
                await asyncio.sleep(_EVERY_S)
        finally:
            cls.count -= 1


def _message(asking: Asking, zone: ZoneInfo) -> str:
    try:
        return f"event: totals\ndata: {totals(asking.answers(), zone).model_dump_json()}\n\n"
    except LedgerError as error:
        return f"event: away\ndata: {json.dumps({'error': str(error)})}\n\n"
