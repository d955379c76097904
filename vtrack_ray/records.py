"""Records: what is known, as the JSON objects that the command line prints and the HTTP service answers with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from vtrack_ray import instants
from vtrack_ray.ledger.values import EventRow, VideoRow
from vtrack_ray.meaning.event import Event, EventSight, EventStatus
from vtrack_ray.meaning.node import Node, NodeState, Reach
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramState
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.meaning.span import Coverage, Stretch
from vtrack_ray.meaning.video import StartBasis, VideoStatus
from vtrack_ray.pipeline.forecast import Forecast
from vtrack_ray.sources.local import is_there

Instant = Annotated[
    str, Field(json_schema_extra={"format": "date-time", "examples": ["2026-11-01T08:00:12.400+07:00"]})
]
"""ISO 8601 with the offset of the set time zone, to the millisecond."""

Name = Annotated[str, SkipValidation]
"""Text from a file system: what is no UTF-8 in it would be refused, and is an escape in JSON."""


class Record(BaseModel):
    """One JSON object; its fields are documented where they stand."""

    model_config = ConfigDict(frozen=True, use_enum_values=True)


class SightRecord(Record):
    """One sight of a tracking code."""

    code: str = Field(description="the text of the code")
    symbology: str = Field(description="the kind of barcode, by zxing-cpp's name", examples=["QRCode"])
    video: Name = Field(description="the path of the video it was seen in")
    time_s: float = Field(description="seconds after that video's first picture")
    at: Instant = Field(description="when")
    box: list[int] = Field(
        description="x, y, width and height in pixels of the recorded picture", min_length=4, max_length=4
    )
    decoder: str = Field(description="the decoder that read it", examples=["zxing", "zxing x2", "fused"])
    fused_s: list[float] = Field(
        description="times of the pictures that it was read from together; empty where one picture shows it"
    )

    @classmethod
    def of(cls, seen: EventSight, paths: Mapping[str, str], zone: ZoneInfo) -> Self:
        return cls(
            code=seen.sight.code,
            symbology=seen.sight.symbology,
            video=paths.get(seen.video_id, seen.video_id),
            time_s=seen.time_s,
            at=instants.show(seen.at, zone),
            box=list(seen.sight.area),
            decoder=seen.sight.decoder,
            fused_s=list(seen.sight.fused_s),
        )


class EventSummary(Record):
    """One packing, without the sights of its codes."""

    event_id: str = Field(description="identity, from camera and start: found again, it is the same event")
    camera_name: Name = Field(description="the camera")
    videos: list[Name] = Field(description="paths of the videos it lies in, in time order")
    start_s: float = Field(description="its start in seconds from the first picture of the first of them")
    end_s: float = Field(description="its end, likewise")
    started_at: Instant = Field(description="when it starts")
    ended_at: Instant = Field(description="when it ends")
    duration_s: float = Field(description="seconds from start to end")
    tracking_codes: list[str] = Field(description="the codes seen, each once, in the order of their first sights")
    status: EventStatus = Field(description="complete, no_code, overlong or incomplete")

    @classmethod
    def brief(cls, event: EventRow, paths: Mapping[str, str], zone: ZoneInfo) -> Self:
        """`paths` as in EventRecord."""
        return cls(**_told(event, paths, zone))


class EventRecord(EventSummary):
    """One packing."""

    sights: list[SightRecord] = Field(description="every sight of every code")

    @classmethod
    def of(cls, event: Event, paths: Mapping[str, str], zone: ZoneInfo) -> Self:
        """`paths` tells where each video is by its identity.

        A video that was replaced since the event was read has no path any more: its identity stands for it.
        """
        return cls(**_told(event, paths, zone), sights=[SightRecord.of(seen, paths, zone) for seen in event.sights])


class VideoRecord(Record):
    """One video file, and what became of it."""

    video_id: str = Field(description="identity of the file with its contents")
    camera_name: Name = Field(description="the camera")
    path: Name = Field(description="where the file is")
    status: VideoStatus = Field(description="pending, sampling, done, no_activity, failed, timeout or skipped")
    reason: Name | None = Field(description="why it is so, for a person")
    started_at: Instant | None = Field(description="when its recording starts; null: its header was not read yet")
    start_basis: StartBasis | None = Field(description="where its start was read from")
    duration_s: float | None = Field(description="its length in seconds")
    examined_s: float = Field(description="seconds of it that were examined")
    idle_s: float = Field(description="seconds in which nothing can have been packed")
    unreadable_s: float = Field(description="seconds of which no picture can be had")
    attempts: int = Field(description="how often its sampling was begun")
    width: int | None = Field(description="of its pictures, in pixels")
    height: int | None = Field(description="of its pictures, in pixels")
    codec: str | None = Field(description="by FFmpeg's name", examples=["h264"])
    pictures: int = Field(description="how many pictures were decoded")
    seconds: dict[str, float] = Field(description="processing time in seconds by stage")

    @classmethod
    def of(cls, row: VideoRow, zone: ZoneInfo) -> Self:
        return cls(
            video_id=row.video_id,
            camera_name=row.camera_name,
            path=row.path,
            status=row.status,
            reason=row.reason,
            started_at=_shown(row.started_at, zone),
            start_basis=row.start_basis,
            duration_s=row.duration_s,
            examined_s=round(row.examined_s, 6),
            idle_s=round(row.idle_s, 6),
            unreadable_s=round(row.unreadable_s, 6),
            attempts=row.attempt,
            width=row.width_px,
            height=row.height_px,
            codec=row.codec,
            pictures=row.pictures,
            seconds=row.seconds,
        )


class StretchRecord(Record):
    """A stretch of a video, and what was done with it."""

    start_s: float = Field(description="its start, in seconds after the video's first picture")
    end_s: float = Field(description="its end, likewise")
    coverage: Coverage = Field(description="examined, idle or unreadable")
    reason: str | None = Field(description="why it is unreadable, for a person")

    @classmethod
    def of(cls, stretch: Stretch) -> Self:
        return cls(
            start_s=stretch.span.start_s, end_s=stretch.span.end_s, coverage=stretch.coverage, reason=stretch.reason
        )


class LogRecord(Record):
    """How a span of a video was sampled."""

    start_s: float = Field(description="the span's start, in seconds after the video's first picture")
    end_s: float = Field(description="its end, likewise")
    method: Method = Field(description="cascade, exhaustive, or second_look at what showed no code")
    pictures: int = Field(description="how many pictures were decoded")
    samples: int = Field(description="how many of them were examined")
    seconds: dict[str, float] = Field(description="processing time in seconds by stage")
    notes: list[str] = Field(description="what a person should know of it")
    coverage: list[StretchRecord] = Field(description="adds up to the span; empty for a second look")

    @classmethod
    def of(cls, log: SamplingLog) -> Self:
        return cls(
            start_s=log.span.start_s,
            end_s=log.span.end_s,
            method=log.method,
            pictures=log.pictures,
            samples=len(log.samples),
            seconds=log.seconds,
            notes=list(log.notes),
            coverage=[StretchRecord.of(stretch) for stretch in log.coverage],
        )


class ProgramRecord(Record):
    """A program, and what became of it."""

    program_id: int = Field(description="identity; a later request has a higher one")
    program: Name = Field(description="what it is, for a person")
    kind: ProgramKind = Field(description="first, default or custom")
    state: ProgramState = Field(description="waiting, running, done, stopped or failed")
    days: int | None = Field(description="over how many days First goes")
    custom_path: Name | None = Field(description="the file or folder of Custom")
    camera_name: Name | None = Field(description="the camera of Custom's videos; null: the folder tells")
    requested_at: Instant = Field(description="when it was asked for")
    started_at: Instant | None = Field(description="when the service took it up")
    ended_at: Instant | None = Field(description="when it ended")
    reason: Name | None = Field(description="why it was stopped or failed, for a person")

    @classmethod
    def of(cls, program: Program, zone: ZoneInfo) -> Self:
        return cls(
            program_id=program.program_id,
            program=str(program),
            kind=program.kind,
            state=program.state,
            days=program.request.days,
            custom_path=program.request.custom_path,
            camera_name=program.request.camera_name,
            requested_at=instants.show(program.requested_at, zone),
            started_at=_shown(program.started_at, zone),
            ended_at=_shown(program.ended_at, zone),
            reason=program.reason,
        )


class OccurrenceRecord(Record):
    """One thing that the service did or that happened to it."""

    at: Instant = Field(description="when it happened")
    kind: OccurrenceKind = Field(description="what kind of thing happened, such as scan, batch or retry")
    text: Name = Field(description="what happened, for a person")
    camera_name: Name | None = Field(description="the camera concerned")
    video_id: str | None = Field(description="the video concerned")
    attempt: int | None = Field(description="the attempt at the video")
    node: str | None = Field(description="the machine concerned")
    figures: dict[str, float] = Field(description="measured values, by name")

    @classmethod
    def of(cls, occurrence: Occurrence, zone: ZoneInfo) -> Self:
        return cls(
            at=instants.show(occurrence.at, zone),
            kind=occurrence.kind,
            text=occurrence.text,
            camera_name=occurrence.camera_name,
            video_id=occurrence.video_id,
            attempt=occurrence.attempt,
            node=occurrence.node,
            figures=dict(occurrence.figures),
        )


class SourceRecord(Record):
    """Where the service looks for videos."""

    kind: SourceKind = Field(description="folder or drive")
    source: Name = Field(description="the root folder; of one at Google Drive, drive:// and its id")
    title: str | None = Field(description="the folder's name at Google Drive; null: it is on a disk")
    is_there: bool = Field(
        description="false where it is missing or empty, as when its disk is not connected; of one at Google Drive, "
        "where it could not be looked into the last time"
    )
    looked_at: Instant | None = Field(description="when it was last looked into; null: not yet")
    trouble: str | None = Field(description="why it could not be looked into then; null: it could")

    @classmethod
    def of(cls, one: Source, zone: ZoneInfo) -> Self:
        return cls(
            kind=one.kind,
            source=one.source,
            title=one.title,
            is_there=one.trouble is None if one.kind is SourceKind.DRIVE else is_there(one.source),
            looked_at=None if one.looked_at is None else instants.show(one.looked_at, zone),
            trouble=one.trouble,
        )


class SourceReachRecord(Record):
    """How a machine gets at the files of a source."""

    source: Name = Field(description="the root folder")
    reach: Reach = Field(
        description="own: it sees the same files; head: it reads them through the head's HTTP service; none"
    )
    reason: Name | None = Field(description="why it does not see them itself, for a person")


class NodeRecord(Record):
    """A machine of the cluster, as it was last seen."""

    node: Name = Field(description="its name")
    address: str = Field(description="where the other machines reach it")
    is_head: bool = Field(description="whether the database is there")
    state: NodeState = Field(
        description="working, draining, drained, resting (too little to do), silent or unfit (the reason says why)"
    )
    reason: str | None = Field(description="why it is given no work, for a person")
    cores: int = Field(description="how many processors it has for tasks")
    batch: int = Field(description="how many tasks it may work on at once")
    running: int = Field(description="how many it worked on")
    cpu_percent: float | None = Field(description="how much of its processors was in use, by whatever")
    memory_percent: float | None = Field(description="how much of its memory was in use, by whatever")
    seen_at: Instant = Field(description="when this was so")
    sources: list[SourceReachRecord] = Field(description="how it gets at the files of each source")

    @classmethod
    def of(cls, node: Node, zone: ZoneInfo) -> Self:
        return cls(
            node=node.name,
            address=node.address,
            is_head=node.is_head,
            state=node.state,
            reason=node.reason,
            cores=node.cores,
            batch=node.batch,
            running=node.running,
            cpu_percent=node.cpu_percent,
            memory_percent=node.memory_percent,
            seen_at=instants.show(node.seen_at, zone),
            sources=[SourceReachRecord(source=o.source, reach=o.reach, reason=o.reason) for o in node.sources],
        )

    @staticmethod
    def said(node: Node) -> str:
        """How it gets at its sources, for a person."""
        return "; ".join(f"{o.source}: {o.reach}" + (f" ({o.reason})" if o.reason else "") for o in node.sources)


class ForecastRecord(Record):
    """What is left of a camera's videos."""

    camera_name: Name = Field(description="the camera")
    videos: int = Field(description="how many are left")
    footage_h: float = Field(description="hours of footage in those whose header was read")
    speed: float | None = Field(description="times real time a core, measured lately; null: not measured yet")
    left_s: int | None = Field(description="seconds until all of it is done; null: can't be told yet")
    done_by: Instant | None = Field(description="when all of it is done; null: can't be told yet")

    @classmethod
    def of(cls, forecast: Forecast, now: datetime, zone: ZoneInfo) -> Self:
        left_s = forecast.left_s
        return cls(
            camera_name=forecast.camera_name,
            videos=forecast.videos,
            footage_h=round(forecast.footage_s / 3600, 3),
            speed=None if forecast.speed is None else round(forecast.speed, 1),
            left_s=None if left_s is None else round(left_s),
            done_by=None if left_s is None else instants.show(now + timedelta(seconds=left_s), zone),
        )


def _told(event: Event | EventRow, paths: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "camera_name": event.camera_name,
        "videos": [paths.get(video_id, video_id) for video_id in event.video_ids],
        "start_s": event.start_s,
        "end_s": event.end_s,
        "started_at": instants.show(event.started_at, zone),
        "ended_at": instants.show(event.ended_at, zone),
        "duration_s": round(event.duration_s, 6),
        "tracking_codes": list(event.tracking_codes),
        "status": event.status,
    }


def _shown(instant: datetime | None, zone: ZoneInfo) -> str | None:
    return instants.show(instant, zone) if instant else None
