"""What is newer than V_Track, under /api/v1: what is known, and what the service is to do."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, create_model

from vtrack_ray.api.access import OPERATORS
from vtrack_ray.api.asking import Asked, InForce, Zone
from vtrack_ray.api.cursors import LONGEST, cursor_of, place_of
from vtrack_ray.api.examples import example
from vtrack_ray.api.known import known_event, known_video, paths_of
from vtrack_ray.api.paths import custom_place
from vtrack_ray.api.refusals import Refusal, refusals
from vtrack_ray.api.times import instant, require_order
from vtrack_ray.ledger.values import EventFilter, EventPlace, HistoryFilter, VideoFilter, VideoPlace
from vtrack_ray.meaning.event import EventStatus
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.program import ProgramKind, ProgramRequest
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.pipeline.forecast import forecasts_of
from vtrack_ray.pipeline.tailoring import tailored
from vtrack_ray.records import (
    EventRecord,
    EventSummary,
    ForecastRecord,
    LogRecord,
    Name,
    NodeRecord,
    OccurrenceRecord,
    ProgramRecord,
    SourceRecord,
    VideoRecord,
)
from vtrack_ray.settings import Settings

_WRONG = refusals(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)
_WRONG_OR_DONE = _WRONG | refusals(HTTPStatus.CONFLICT)
_AWAY = refusals(HTTPStatus.SERVICE_UNAVAILABLE)
_NONE = _WRONG | refusals(HTTPStatus.NOT_FOUND)

routes = APIRouter(prefix="/api/v1")

Cameras = Annotated[list[str] | None, Query(alias="camera", max_length=1000, description="of any of these cameras")]
Since = Annotated[
    str | None,
    Query(
        description="ISO 8601, in the set time zone without an offset; or ms since 1970",
        examples=["2026-11-01", "2026-11-01T08:00+07:00", "1793494800000"],
    ),
]
Until = Annotated[str | None, Query(description="likewise; this instant is no longer part of it")]

Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most")]
Cursor = Annotated[str | None, Query(max_length=LONGEST, description="`next_cursor` of the page before")]
_USUAL_LIMIT = 100


class Paused(BaseModel):
    """Whether work is paused."""

    model_config = example({"is_paused": True})
    is_paused: bool = Field(description="nothing new is begun; videos under way are finished")


class Drained(BaseModel):
    """Whether a machine is to be given no more work."""

    is_drained: bool = Field(description="it gets no new work; one joined with `vtrack node join` leaves then")


class Camera(BaseModel):
    """A camera and what is known of its videos."""

    camera_name: Name = Field(description="its name")
    videos_left: int = Field(description="how many are still to be worked on")
    has_profile: bool = Field(description="whether a packing profile is kept for it")


_NOT_A_PERSONS = ("camera_name", "origin", "trigger_found_at")
ProfileChange = create_model(
    "ProfileChange",
    __config__=ConfigDict(extra="forbid", **example({"min_packing_s": 5, "max_packing_s": 120})),
    __doc__="Fields of a packing profile; those left out stay as they are.",
    **{
        name: (field.annotation, Field(None, description=field.description))
        for name, field in Profile.model_fields.items()
        if name not in _NOT_A_PERSONS
    },
)  # type: ignore[call-overload]


class EventPage(BaseModel):
    """A part of a list of events."""

    events: list[EventSummary] = Field(description="in the order asked for; their sights are told one by one")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last one")


class VideoPage(BaseModel):
    """A part of a list of videos."""

    videos: list[VideoRecord] = Field(description="by camera, start and path; those not probed yet come last")
    next_cursor: str | None = Field(description="`cursor` of the next page; null: this is the last one")


class NewProgram(BaseModel):
    """A program to be run."""

    model_config = example({"kind": "first", "days": 7}, {"kind": "default"})
    kind: ProgramKind = Field(description="first, default or custom")
    days: int | None = Field(None, ge=1, le=365, description="First: over the recordings of so many days")
    custom_path: str | None = Field(
        None,
        description="Custom: a file or folder in a source; at Google Drive, as `GET /get-camera-folders` has it",
    )
    camera_name: str | None = Field(None, min_length=1, max_length=255, description="Custom: the camera of its videos")
    is_forced: bool = Field(False, description="Custom: do again what is done already")


@routes.get("/events", tags=["Events"], responses=_WRONG)
def events(
    answers: Asked,
    zone: Zone,
    codes: Annotated[
        list[str] | None, Query(alias="code", max_length=1000, description="with any of these whole codes")
    ] = None,
    cameras: Cameras = None,
    since: Since = None,
    until: Until = None,
    statuses: Annotated[list[EventStatus] | None, Query(alias="status", description="of any of these")] = None,
    newest_first: Annotated[bool, Query(description="in the order of time, backwards")] = False,
    limit: Limit = _USUAL_LIMIT,
    cursor: Cursor = None,
) -> EventPage:
    """Packing events, in the order of time."""
    wanted = EventFilter(
        codes=tuple(code.strip() for code in codes or ()),
        cameras=tuple(cameras or ()),
        since=instant(since, zone, "since"),
        until=instant(until, zone, "until"),
        statuses=tuple(statuses or ()),
        newest_first=newest_first,
        limit=limit + 1,
        after=place_of(cursor, EventPlace),
    )
    require_order(wanted.since, wanted.until, ("since", "until"))
    found = answers.located_events(wanted)
    page, has_more = found.rows[:limit], len(found.rows) > limit
    return EventPage(
        events=[EventSummary.brief(one, found.paths, zone) for one in page],
        next_cursor=cursor_of(EventPlace.of(page[-1]), EventPlace) if has_more else None,
    )


@routes.get("/events/{event_id}", tags=["Events"], responses=_NONE)
def event(event_id: str, answers: Asked, zone: Zone) -> EventRecord:
    """One packing event with all its sights."""
    found = known_event(event_id, answers)
    return EventRecord.of(found, paths_of(found, answers), zone)


@routes.get("/videos", tags=["Videos"], responses=_WRONG)
def videos(
    answers: Asked,
    zone: Zone,
    cameras: Cameras = None,
    since: Since = None,
    until: Until = None,
    statuses: Annotated[list[VideoStatus] | None, Query(alias="status", description="of any of these")] = None,
    limit: Limit = _USUAL_LIMIT,
    cursor: Cursor = None,
) -> VideoPage:
    """Videos and what became of them, by camera and start."""
    wanted = VideoFilter(
        cameras=tuple(cameras or ()),
        since=instant(since, zone, "since"),
        until=instant(until, zone, "until"),
        statuses=tuple(statuses or ()),
        limit=limit + 1,
        after=place_of(cursor, VideoPlace),
    )
    found = answers.videos(wanted)
    page, has_more = found[:limit], len(found) > limit
    return VideoPage(
        videos=[VideoRecord.of(row, zone) for row in page],
        next_cursor=cursor_of(VideoPlace.of(page[-1]), VideoPlace) if has_more else None,
    )


@routes.get("/videos/{video_id}", tags=["Videos"], responses=_NONE)
def video(video_id: str, answers: Asked, zone: Zone) -> VideoRecord:
    """One video."""
    return VideoRecord.of(known_video(video_id, answers), zone)


@routes.get("/videos/{video_id}/logs", tags=["Videos"], responses=_NONE)
def logs(video_id: str, answers: Asked) -> list[LogRecord]:
    """How the video's spans were sampled, and what their time went by with."""
    known_video(video_id, answers)
    return [LogRecord.of(log) for log in answers.logs([video_id])[video_id]]


@routes.get("/cameras", tags=["Cameras"], responses=_AWAY)
def cameras(answers: Asked) -> list[Camera]:
    """The cameras of which there are videos or a profile."""
    left = {one.camera_name: one.videos for one in answers.backlog()}
    with_profile = {one.camera_name for one in answers.profiles()}
    return [
        Camera(camera_name=name, videos_left=left.get(name, 0), has_profile=name in with_profile)
        for name in sorted(left.keys() | with_profile)
    ]


@routes.get("/profiles", tags=["Cameras"], responses=_AWAY)
def profiles(answers: Asked) -> list[Profile]:
    """The packing profiles."""
    return answers.profiles()


@routes.patch("/profiles/{camera_name}", dependencies=[OPERATORS], tags=["Cameras"], responses=_WRONG)
def change_profile(
    camera_name: Annotated[str, Path(min_length=1, max_length=255)], changes: ProfileChange, answers: Asked
) -> Profile:
    """Set some fields of a camera's profile; its videos are sampled again where that changes anything."""
    return tailored(answers, camera_name, changes.model_dump(exclude_unset=True))


@routes.get("/sources", tags=["Service"], responses=_AWAY)
def sources(answers: Asked, zone: Zone) -> list[SourceRecord]:
    """Where the service looks for videos."""
    return [SourceRecord.of(one, zone) for one in answers.added_sources()]


@routes.get("/programs", tags=["Service"], responses=_AWAY)
def programs(answers: Asked, zone: Zone) -> list[ProgramRecord]:
    """All programs that were asked for, and what became of them."""
    return [ProgramRecord.of(one, zone) for one in answers.programs()]


@routes.post(
    "/programs",
    dependencies=[OPERATORS],
    tags=["Service"],
    status_code=202,
    responses=_WRONG | refusals(HTTPStatus.CONFLICT),
)
def order_program(order: NewProgram, answers: Asked, zone: Zone) -> ProgramRecord:
    """Ask for a program. Once this is answered, it is kept, whatever happens to the service."""
    path = custom_place(order.custom_path, order.camera_name, answers) if order.custom_path else None
    request = ProgramRequest(
        kind=order.kind,
        days=order.days,
        custom_path=path,
        camera_name=order.camera_name,
        is_forced=order.is_forced,
    )
    if (order.kind is ProgramKind.FIRST) != (order.days is not None):
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "`days`, from 1 to 365, goes with first, and with it alone.")
    if (order.kind is ProgramKind.CUSTOM) != (path is not None):
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "`custom_path` goes with custom, and with it alone.")
    if order.kind is not ProgramKind.CUSTOM and (order.is_forced or order.camera_name is not None):
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "`camera_name` and `is_forced` go with custom alone.")
    return ProgramRecord.of(answers.request_program(request, datetime.now(UTC)), zone)


@routes.delete("/programs", dependencies=[OPERATORS], tags=["Service"], responses=_AWAY)
def stop_programs(answers: Asked, zone: Zone) -> list[ProgramRecord]:
    """Stop all programs; videos under way are given back, and what was sampled of them is kept. Gives those stopped."""
    return [ProgramRecord.of(one, zone) for one in answers.stop_programs(datetime.now(UTC))]


@routes.get("/pause", tags=["Service"], responses=_AWAY)
def pause(answers: Asked) -> Paused:
    """Whether work is paused."""
    return Paused(is_paused=answers.is_paused())


@routes.put("/pause", dependencies=[OPERATORS], tags=["Service"], responses=_WRONG)
def order_pause(wanted: Paused, answers: Asked) -> Paused:
    """Begin nothing new, or go on."""
    answers.order_pause(datetime.now(UTC), is_paused=wanted.is_paused)
    return Paused(is_paused=answers.is_paused())


@routes.get("/forecast", tags=["Service"], responses=_AWAY)
def forecast(answers: Asked, zone: Zone) -> list[ForecastRecord]:
    """What is left of each camera's videos, and when it will be done."""
    now = datetime.now(UTC)
    return [ForecastRecord.of(one, now, zone) for one in forecasts_of(answers)]


@routes.get("/history", tags=["Service"], responses=_WRONG)
def history(
    answers: Asked,
    zone: Zone,
    kinds: Annotated[list[OccurrenceKind] | None, Query(alias="kind", description="of any of these")] = None,
    cameras: Cameras = None,
    since: Since = None,
    until: Until = None,
    most: Annotated[int, Query(ge=1, le=10_000, description="the latest so many")] = 100,
) -> list[OccurrenceRecord]:
    """What the service did and what happened to it, earliest first."""
    wanted = HistoryFilter(
        kinds=tuple(kinds or ()),
        cameras=tuple(cameras or ()),
        since=instant(since, zone, "since"),
        until=instant(until, zone, "until"),
        most=most,
    )
    return [OccurrenceRecord.of(one, zone) for one in answers.history(wanted)]


@routes.get("/nodes", tags=["Service"], responses=_AWAY)
def nodes(answers: Asked, zone: Zone) -> list[NodeRecord]:
    """The machines of the cluster, the head first, and how they get at the files of each source."""
    return [NodeRecord.of(one, zone) for one in answers.nodes()]


@routes.put("/nodes/{node}/drain", dependencies=[OPERATORS], tags=["Service"], responses=_NONE)
def order_drain(node: str, wanted: Drained, answers: Asked) -> Drained:
    """Give a machine no more work, or some again; what it works on may finish, or is done elsewhere."""
    if node not in [one.name for one in answers.nodes()]:
        raise Refusal(HTTPStatus.NOT_FOUND, "There is no machine of that name; GET /api/v1/nodes lists them.")
    answers.order_drain(node, datetime.now(UTC), is_drained=wanted.is_drained)
    return wanted


@routes.get("/settings", tags=["Service"])
def settings(in_force: InForce) -> Settings:
    """The settings in force."""
    return in_force
