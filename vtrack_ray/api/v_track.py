"""The calls of V_Track, at their paths and in their shapes: a front end that was written for it works unchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import BaseModel, Field

from vtrack_ray import instants
from vtrack_ray.api.access import OPERATORS
from vtrack_ray.api.asking import Asked, InForce, Zone
from vtrack_ray.api.examples import example
from vtrack_ray.api.paths import custom_place
from vtrack_ray.api.progress import Totals, totals
from vtrack_ray.api.refusals import Answer, Refusal, refusals
from vtrack_ray.api.times import instant, require_order, zone_of
from vtrack_ray.ledger.answers import Answers
from vtrack_ray.ledger.values import EventFilter, EventRow
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramRequest, ProgramState
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.records import Instant, Name
from vtrack_ray.sources.local import camera_folders

_KINDS: Mapping[str, ProgramKind] = MappingProxyType(
    {
        "First Run": ProgramKind.FIRST,
        "First": ProgramKind.FIRST,
        "Lần đầu": ProgramKind.FIRST,
        "Default": ProgramKind.DEFAULT,
        "Mặc định": ProgramKind.DEFAULT,
        "Custom": ProgramKind.CUSTOM,
        "Chỉ định": ProgramKind.CUSTOM,
    }
)
_CARDS = {ProgramKind.FIRST: "First Run", ProgramKind.DEFAULT: "Default", ProgramKind.CUSTOM: "Custom"}
_USUAL_DAYS = 7
_MOST_EVENTS = 10_000
_MOST_FILES = 10_000
_WRONG = refusals(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)
_WRONG_OR_DONE = _WRONG | refusals(HTTPStatus.CONFLICT)

routes = APIRouter(tags=["V_Track"])


class ProgramOrder(BaseModel):
    """What is to run, or that all is to stop."""

    model_config = example(
        {"card": "First Run", "action": "run", "days": 7}, {"card": "Mặc định", "action": "run"}, {"action": "stop"}
    )
    card: str | None = Field(None, description=f"one of {', '.join(_KINDS)}; `stop` needs none")
    action: Literal["run", "stop"] = Field(description="`stop` ends all programs; what was sampled is kept")
    days: int | None = Field(None, ge=1, le=365, description="First Run: over the recordings of so many days")
    custom_path: str | None = Field(None, description="Custom: a file or folder in one of the sources")
    camera_name: str | None = Field(None, min_length=1, max_length=255, description="Custom: the camera of its videos")


class Standing(BaseModel):
    """What is being worked on."""

    current_running: str | None = Field(description="First Run, Default or Custom; null when nothing runs")
    days: int | None = Field(description="of First Run")
    custom_path: Name | None = Field(description="of Custom")


class Confirmation(BaseModel):
    """Which card is meant."""

    model_config = example({"card": "Default"})
    card: str = Field(description=f"one of {', '.join(_KINDS)}")


class Confirmed(BaseModel):
    """What runs now."""

    program_type: ProgramKind = Field(description="first, default or custom")


class UnfinishedFile(BaseModel):
    """A video that is waiting or being sampled."""

    file: Name = Field(description="its path")
    status: VideoStatus = Field(description="pending or sampling")


class FoundProgress(Totals):
    """What is still to be done, and how it goes on."""

    files: list[UnfinishedFile] = Field(description=f"the unfinished videos, at most {_MOST_FILES:,}")


class FirstRun(BaseModel):
    """Whether First Run was done."""

    first_run_completed: bool = Field(description="it can be done once; then Default goes on")


class CameraNames(BaseModel):
    """The cameras."""

    cameras: list[Name] = Field(description="names in alphabetical order")


class CameraFolder(BaseModel):
    """A folder that stands for a camera."""

    name: Name = Field(description="the camera")
    path: Name = Field(description="where its videos are looked for")


class CameraFolders(BaseModel):
    """The folders of all cameras."""

    folders: list[CameraFolder] = Field(description="in alphabetical order of their paths")


class Query(BaseModel):
    """Which events are looked for. Without any time, the last `default_days`; with codes, whenever."""

    model_config = example(
        {"tracking_codes": ["SPXVN0123456789"]},
        {"from_time": "2026-11-01T08:00", "to_time": "2026-11-01T12:00", "timezone": "Asia/Ho_Chi_Minh"},
        {"from_time": 1793494800000, "cameras": ["cam1"]},
        {"default_days": 30},
    )
    tracking_codes: list[str] = Field([], max_length=10_000, description="whole codes, in capitals or not; any of them")
    from_time: str | int | None = Field(
        None, description="ISO 8601, in `timezone` where it has no offset, or ms since 1970"
    )
    to_time: str | int | None = Field(None, description="likewise")
    timezone: str | None = Field(
        None, description="zone of times without one, and of local times in the answer", examples=["Asia/Ho_Chi_Minh"]
    )
    cameras: list[str] = Field([], max_length=10_000, description="any of these; none: of all")
    default_days: int | None = Field(
        None, ge=1, le=36_500, description=f"days before now, where no time is given; {_USUAL_DAYS} without codes"
    )


class TimezoneInfo(BaseModel):
    """The zone of an event's local times."""

    timezone: str = Field(description="its name", examples=["Asia/Ho_Chi_Minh"])
    utc_offset_seconds: int = Field(description="at the event's start")


class FoundEvent(BaseModel):
    """A packing. Times are ms since 1970 (UTC)."""

    event_id: str = Field(description="identity: found again, it is the same event")
    ts: float = Field(description="its start, seconds after the first picture of `video_file`")
    te: float = Field(description="its end, likewise, though it may lie in a later file")
    duration: float = Field(description="seconds from start to end")
    tracking_codes: str = Field(description="the codes as a JSON list in a string", examples=['["SPXVN0123456789"]'])
    tracking_codes_parsed: list[str] = Field(description="the codes")
    video_file: Name = Field(description="path of the video it begins in")
    video_files: list[Name] = Field(description="paths of all videos it lies in")
    camera_name: Name = Field(description="the camera")
    status: str = Field(description="complete, no_code, overlong or incomplete")
    packing_time_start: int = Field(description="its start")
    packing_time_end: int = Field(description="its end")
    packing_time_start_local: Instant = Field(description="its start in the zone that was asked for")
    packing_time_end_local: Instant = Field(description="its end, likewise")
    timezone_info: TimezoneInfo = Field(description="the zone of its local times")


class TimeRange(BaseModel):
    """What was searched, in ms since 1970."""

    from_utc: int | None = Field(description="null: from the beginning")
    to_utc: int | None = Field(description="null: to the end")
    user_timezone: str = Field(description="the zone of local times", examples=["Asia/Ho_Chi_Minh"])


class SearchCriteria(BaseModel):
    """What was searched for."""

    tracking_codes: list[str] = Field(description="any of these codes")
    cameras: list[str] = Field(description="of these cameras; none: of all")


class QueryMetadata(BaseModel):
    """How the answer came about."""

    total_events: int = Field(description="how many events are in the answer")
    is_cut_off: bool = Field(description=f"whether there are more than {_MOST_EVENTS:,}, of which these are the latest")
    time_range: TimeRange = Field(description="what was searched")
    search_criteria: SearchCriteria = Field(description="what was searched for")


class Found(BaseModel):
    """The events found."""

    events: list[FoundEvent] = Field(description="in the order of time")
    metadata: QueryMetadata


@routes.post("/program", dependencies=[OPERATORS], responses=_WRONG_OR_DONE)
def order_program(order: ProgramOrder, answers: Asked) -> Standing:
    """Run a program, or stop all. It answers at once; the work goes on behind."""
    now = datetime.now(UTC)
    if order.action == "stop":
        answers.stop_programs(now)
    else:
        answers.request_program(_request(order, answers), now)
    return _standing(answers)


@routes.get("/program", responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE))
def program(answers: Asked) -> Standing:
    """What is being worked on."""
    return _standing(answers)


@routes.post("/confirm-run", dependencies=[OPERATORS], responses=_WRONG_OR_DONE)
def confirm_run(confirmation: Confirmation, answers: Asked) -> Confirmed:
    """Make sure that the card's program runs; its files are queued from then on."""
    kind = _kind(confirmation.card)
    if not any(one.kind is kind for one in answers.programs(unended=True)):
        if kind is not ProgramKind.DEFAULT:
            raise Refusal(
                HTTPStatus.CONFLICT,
                f"{_CARDS[kind]} does not run; `POST /program` with its days or path starts it.",
            )
        answers.request_program(ProgramRequest(kind=kind), datetime.now(UTC))
    return Confirmed(program_type=kind)


@routes.get("/program-progress", response_model=FoundProgress, responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE))
def program_progress(answers: Asked, zone: Zone) -> Answer:
    """The unfinished videos, and when they will be done."""
    # Thousands of files: made into models and checked, they would take longer than all the rest.
    files = [
        {"file": path, "status": status} for status, paths in answers.unfinished(_MOST_FILES).items() for path in paths
    ]
    return Answer({**totals(answers, zone).model_dump(), "files": files})


@routes.get("/check-first-run", responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE))
def check_first_run(answers: Asked) -> FirstRun:
    """Whether First Run was done."""
    return FirstRun(first_run_completed=answers.is_first_run_done())


@routes.get("/get-cameras", responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE))
def get_cameras(answers: Asked) -> CameraNames:
    """The cameras of which there are videos or a profile."""
    known = {one.camera_name for one in answers.backlog()} | {one.camera_name for one in answers.profiles()}
    return CameraNames(cameras=sorted(known))


@routes.get("/get-camera-folders", responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE))
def get_camera_folders(answers: Asked) -> CameraFolders:
    """The folders in the sources, each of which stands for a camera."""
    folders = [*camera_folders(answers.roots()), *answers.drive_camera_folders()]
    return CameraFolders(folders=[CameraFolder(name=name, path=path) for name, path in folders])


@routes.post("/query", responses=_WRONG)
def query(wanted: Query, answers: Asked, settings: InForce) -> Found:
    """Find packing events by tracking code, time and camera."""
    zone = zone_of(wanted.timezone or settings.TIME_ZONE)
    codes = tuple(code.strip() for code in wanted.tracking_codes if code.strip())
    since, until = _time_range(wanted, zone, has_codes=bool(codes))
    found = answers.located_events(
        EventFilter(
            codes=codes,
            cameras=tuple(wanted.cameras),
            since=since,
            until=until,
            newest_first=True,
            limit=_MOST_EVENTS + 1,
        )
    )
    events = found.rows[:_MOST_EVENTS][::-1]
    return Found(
        events=[_found(event, found.paths, zone) for event in events],
        metadata=QueryMetadata(
            total_events=len(events),
            is_cut_off=len(found.rows) > _MOST_EVENTS,
            time_range=TimeRange(from_utc=_ms(since), to_utc=_ms(until), user_timezone=zone.key),
            search_criteria=SearchCriteria(tracking_codes=list(codes), cameras=wanted.cameras),
        ),
    )


def _kind(card: str | None) -> ProgramKind:
    if card is None or card not in _KINDS:
        named = "no card" if card is None else f"the card {card[:80]!r}"
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"There is {named}; `card` is one of {', '.join(_KINDS)}.")
    return _KINDS[card]


def _request(order: ProgramOrder, answers: Answers) -> ProgramRequest:
    kind = _kind(order.card)
    match kind:
        case ProgramKind.FIRST:
            if order.days is None:
                raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "First Run needs `days`, from 1 to 365.")
            return ProgramRequest(kind=kind, days=order.days)
        case ProgramKind.DEFAULT:
            return ProgramRequest(kind=kind)
        case ProgramKind.CUSTOM:
            if not order.custom_path:
                raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Custom needs `custom_path`, a file or folder.")
            path = custom_place(order.custom_path, order.camera_name, answers)
            return ProgramRequest(kind=kind, custom_path=path, camera_name=order.camera_name)


def _standing(answers: Answers) -> Standing:
    """Custom goes first, and the others wait for it."""
    unended = sorted(answers.programs(unended=True), key=_precedence)
    if not unended:
        return Standing(current_running=None, days=None, custom_path=None)
    first = unended[0]
    return Standing(current_running=_CARDS[first.kind], days=first.request.days, custom_path=first.request.custom_path)


def _precedence(program: Program) -> tuple[bool, bool, int]:
    return program.kind is not ProgramKind.CUSTOM, program.state is not ProgramState.RUNNING, program.program_id


def _time_range(wanted: Query, zone: ZoneInfo, *, has_codes: bool) -> tuple[datetime | None, datetime | None]:
    since, until = instant(wanted.from_time, zone, "from_time"), instant(wanted.to_time, zone, "to_time")
    require_order(since, until, ("from_time", "to_time"))
    days = wanted.default_days or (None if has_codes else _USUAL_DAYS)
    if since is None and until is None and days is not None:
        until = datetime.now(UTC)
        since = until - timedelta(days=days)
    return since, until


def _found(event: EventRow, paths: Mapping[str, str], zone: ZoneInfo) -> FoundEvent:
    files = [paths.get(video_id, video_id) for video_id in event.video_ids]
    offset = event.started_at.astimezone(zone).utcoffset()
    return FoundEvent(
        event_id=event.event_id,
        ts=event.start_s,
        te=event.end_s,
        duration=round(event.duration_s, 6),
        tracking_codes=json.dumps(event.tracking_codes, ensure_ascii=False),
        tracking_codes_parsed=list(event.tracking_codes),
        video_file=files[0],
        video_files=files,
        camera_name=event.camera_name,
        status=event.status.value,
        packing_time_start=instants.to_us(event.started_at) // 1000,
        packing_time_end=instants.to_us(event.ended_at) // 1000,
        packing_time_start_local=instants.show(event.started_at, zone),
        packing_time_end_local=instants.show(event.ended_at, zone),
        timezone_info=TimezoneInfo(timezone=zone.key, utc_offset_seconds=int(offset.total_seconds()) if offset else 0),
    )


def _ms(at: datetime | None) -> int | None:
    return None if at is None else instants.to_us(at) // 1000
