"""A video: one recorded file, its identity and what its header tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from vtrack_ray.meaning.drive_item import SCHEME, content_of


class StartBasis(StrEnum):
    """What a video's start was taken from."""

    CONTAINER = "container"
    NAME = "name"
    MODIFIED = "modified"


class VideoStatus(StrEnum):
    """Where a video stands."""

    PENDING = "pending"
    SAMPLING = "sampling"
    DONE = "done"
    NO_ACTIVITY = "no_activity"
    FAILED = "failed"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"

    @property
    def is_final(self) -> bool:
        return self not in (VideoStatus.PENDING, VideoStatus.SAMPLING)

    @property
    def is_good(self) -> bool:
        return self in (VideoStatus.DONE, VideoStatus.NO_ACTIVITY, VideoStatus.SKIPPED)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundFile:
    """A file that a scan found: where (`path` is the whole path), which camera's, and what its directory entry says."""

    source: str
    path: str
    camera_name: str
    size_bytes: int
    modified_ns: int

    @property
    def video_id(self) -> str:
        """The identity: 16 hexadecimal digits of path, size and modification time.

        The path is whole: it begins with the source's root, so a file is the same whichever folder was asked for. Of a
        file at Google Drive, id and MD5 count alone: it is the same wherever it is moved to and whatever it is called.
        """
        if self.path.startswith(SCHEME):
            return blake2b(
                "\0".join(content_of(self.path)).encode("utf-8", "surrogateescape"), digest_size=8
            ).hexdigest()
        text = "\0".join((self.path, str(self.size_bytes), str(self.modified_ns)))
        return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a probe of the file tells without decoding a picture."""

    started_at: datetime
    start_basis: StartBasis
    duration_s: float
    width_px: int
    height_px: int
    codec: str


@dataclass(frozen=True, kw_only=True)
class Video:
    """A found file that was probed."""

    file: FoundFile
    header: Header

    @property
    def video_id(self) -> str:
        return self.file.video_id

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def camera_name(self) -> str:
        return self.file.camera_name

    @property
    def started_at(self) -> datetime:
        return self.header.started_at

    @property
    def duration_s(self) -> float:
        return self.header.duration_s

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(seconds=self.duration_s)
