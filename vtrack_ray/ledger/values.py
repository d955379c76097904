"""The ledger's own values: records of videos, filters, claims, and what concludes a video. Knows no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.event import Event, EventStatus
from vtrack_ray.meaning.filters import Refusal
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.result import ClipFile
from vtrack_ray.meaning.video import FoundFile, Header, StartBasis, Video, VideoStatus

STAGES = ("index", "coarse", "refine", "second_look")
"""The stages whose processing time is kept, as in a sampling log's `seconds`."""


@dataclass(frozen=True, kw_only=True)
class VideoRow:
    """A video's record, one row of `file_list`.

    What the header tells, from `started_at` to `codec`, is None until the file was probed; `seconds` is processing
    time by stage.
    """

    video_id: str
    source: str
    path: str
    camera_name: str
    size_bytes: int
    modified_ns: int
    started_at: datetime | None
    start_basis: StartBasis | None
    duration_s: float | None
    width_px: int | None
    height_px: int | None
    codec: str | None
    status: VideoStatus
    reason: str | None
    skipped_by: str | None
    attempt: int
    failures: int
    losses: int
    profile_digest: str | None
    exhaustive: bool
    surveyed: bool
    examined_s: float
    idle_s: float
    unreadable_s: float
    seconds: dict[str, float]
    pictures: int
    added_at: datetime
    retry_at: datetime | None
    claimed_at: datetime | None
    finished_at: datetime | None
    program_id: int | None

    @property
    def file(self) -> FoundFile:
        return FoundFile(
            source=self.source,
            path=self.path,
            camera_name=self.camera_name,
            size_bytes=self.size_bytes,
            modified_ns=self.modified_ns,
        )

    @property
    def header(self) -> Header | None:
        """What the probe told, if the file was probed."""
        if (
            self.started_at is None
            or self.start_basis is None
            or self.duration_s is None
            or self.width_px is None
            or self.height_px is None
            or self.codec is None
        ):
            return None
        return Header(
            started_at=self.started_at,
            start_basis=self.start_basis,
            duration_s=self.duration_s,
            width_px=self.width_px,
            height_px=self.height_px,
            codec=self.codec,
        )

    @property
    def video(self) -> Video | None:
        """The video, if the file was probed."""
        return Video(file=self.file, header=self.header) if self.header else None


class VideoPlace(NamedTuple):
    """Where a video stands in the order of lists: by camera, start (videos not probed last) and path."""

    camera_name: str
    started_at: datetime | None
    path: str

    @classmethod
    def of(cls, row: VideoRow) -> VideoPlace:
        return cls(row.camera_name, row.started_at, row.path)


class Elsewhere(NamedTuple):
    """A video whose file at Google Drive has another address by now, or another camera, that of the found file.

    Other content under the same Drive id is another video: then `found_id` is not `video_id`.
    """

    video_id: str
    found_id: str
    source: str
    found_source: str
    found_path: str
    has_moved_camera: bool
    started_at: datetime | None
    start_basis: StartBasis | None


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """An event's record, one row of `events`: all but its sights."""

    event_id: str
    camera_name: str
    started_at: datetime
    ended_at: datetime
    start_s: float
    end_s: float
    video_ids: tuple[str, ...]
    tracking_codes: tuple[str, ...]
    status: EventStatus

    @property
    def duration_s(self) -> float:
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, kw_only=True)
class DueClip:
    """An event whose clip was not sent as the event is now, of which `digest` tells; `clip` is what was reserved."""

    event: EventRow
    day: date
    digest: str
    clip: ClipFile | None


@dataclass(frozen=True, kw_only=True)
class LocatedEvents:
    """Records of events, and where the videos are that they lie in, by their identities; one that is gone has none."""

    rows: list[EventRow]
    paths: dict[str, str]


class EventPlace(NamedTuple):
    """Where an event stands in the order of lists: by start, camera and identity."""

    started_at: datetime
    camera_name: str
    event_id: str

    @classmethod
    def of(cls, event: Event | EventRow) -> EventPlace:
        return cls(event.started_at, event.camera_name, event.event_id)


@dataclass(frozen=True, kw_only=True)
class VideoFilter:
    """Which videos: None, and no names at all, mean any; no ids at all mean none.

    [since, until) overlaps the recording, which leaves out videos that were not probed. A page is at most `limit` of
    those that come after the place of the last one of the page before.
    """

    video_ids: tuple[str, ...] | None = None
    sources: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    statuses: tuple[VideoStatus, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    after: VideoPlace | None = None


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events: None, and no names at all, mean any; no ids at all mean none.

    `codes` are whole tracking codes, any of which was seen, in capitals or not. [since, until) overlaps the event. A
    page is at most `limit` of those that come after the place of the last one of the page before, in the order asked
    for; an event stored or removed between two pages moves no other to another page. Up to 1,000 codes or ids are
    looked up; for more, all events are gone through.
    """

    event_ids: tuple[str, ...] | None = None
    codes: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    statuses: tuple[EventStatus, ...] = ()
    limit: int | None = None
    after: EventPlace | None = None
    newest_first: bool = False


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What became of found files, by video id.

    `changed` are new videos that took the place of another one: the one at their path, or their own before the file was
    moved. `removed` are the videos whose place was taken, now or in a run that ended too early: their logs and events
    are gone, and their neighbours' events have to be folded again. They are given until a fold that takes in all of
    their time was stored.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    known: tuple[str, ...]
    removed: tuple[Video, ...]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A video to be sampled, and the attempt number that every answer about it must carry.

    `is_begun`: some of it was sampled already, in an attempt before.
    """

    video: Video
    attempt: int
    is_begun: bool = field(default=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """How a video's sampling ended: with which profile, how closely, what a person should know of it, and when."""

    profile_digest: str
    is_exhaustive: bool
    reason: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Refolded:
    """The events of a camera that end in (after, until], folded again from the logs of `video_ids`.

    None means no bound on that side.
    """

    camera_name: str
    after: datetime | None
    until: datetime | None
    events: tuple[Event, ...]
    video_ids: tuple[str, ...]

    def found_in(self, video_id: str) -> Findings:
        """How much was found in the video around which they were folded: each event that lies in it is here."""
        events = [event for event in self.events if video_id in event.video_ids]
        return Findings(events=len(events), tracking_codes=len({c for event in events for c in event.tracking_codes}))


@dataclass(frozen=True, kw_only=True)
class CardFound:
    """Where a camera's trigger card was found, and in which video, that starts then."""

    area: Area
    at: datetime
    video_id: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Number and recorded seconds of the videos in each status, and what is known of their time."""

    videos: dict[VideoStatus, int]
    duration_s: dict[VideoStatus, float]
    examined_s: float
    idle_s: float
    unreadable_s: float
    pictures: int
    seconds: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class CameraFindings:
    """How many events of a camera lie in some videos, and how many of those are `no_code`."""

    camera_name: str
    events: int
    without_code: int


@dataclass(frozen=True, kw_only=True)
class Findings:
    """How many events lie in some videos, and how many different tracking codes those carry."""

    events: int
    tracking_codes: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the sampling of a video came to, as its record and its events tell; `seconds` by stage."""

    status: VideoStatus
    reason: str | None
    seconds: Mapping[str, float]
    findings: Findings


@dataclass(frozen=True, kw_only=True)
class HistoryFilter:
    """Which occurrences: None, and no names at all, mean any; of those in [since, until), the latest `most`."""

    kinds: tuple[OccurrenceKind, ...] = ()
    cameras: tuple[str, ...] = ()
    video_ids: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    after_id: int | None = None
    most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What is still to be done for a camera, and how quickly its videos were worked on lately.

    `footage_s` counts videos whose header is read; `cost` is processing seconds a second of footage, None before any
    video of the camera was sampled.
    """

    camera_name: str
    videos: int
    unprobed: int
    footage_s: float
    cost: float | None


class Filterable(NamedTuple):
    """What a filter needs to know of a video; `refusal` is why it is skipped so far, if a filter skips it."""

    video_id: str
    camera_name: str
    started_at: datetime
    added_at: datetime
    status: str
    refusal: Refusal | None


class Skipped(NamedTuple):
    """A video that does not pass a filter, and why, for a person."""

    video_id: str
    skipped_by: str
    reason: str
