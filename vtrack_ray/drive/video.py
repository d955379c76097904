"""A video at Google Drive, of which ranges are fetched."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import platformdirs

from vtrack_ray.drive.account import Purpose, account_in_force, account_path
from vtrack_ray.drive.client import Drive
from vtrack_ray.drive.patience import Patience, usual_tries
from vtrack_ray.drive.rate import Rate
from vtrack_ray.errors import (
    DriveChanged,
    DriveError,
    DriveForbidden,
    DriveGone,
    DriveSignedOut,
    VideoForbidden,
    VideoUnreachable,
    VideoVanished,
)
from vtrack_ray.meaning.drive_item import content_of
from vtrack_ray.settings import Settings

_FRESH_S = 30.0
"""How long what Drive told of a file counts: a task opens its file several times."""
_FIELDS = "size,md5Checksum,trashed"
_MB = 1e6


class DriveVideo:
    """The content that a file had when it was found; another one is fetched of none."""

    def __init__(self, path: str, drive: Drive, rate: Rate, size_bytes: int) -> None:
        self._path = path
        self._drive = drive
        self._rate = rate
        self._file_id, self.md5 = content_of(path)
        self.size_bytes = size_bytes

    @property
    def identity(self) -> str:
        return f"drive {self._file_id} {self.md5}"

    def fetch(self, offset: int, length: int) -> bytes:
        """So many bytes from there. Raises VideoUnreachable, VideoVanished, VideoForbidden."""
        with _as_of_video(self._path):
            self._rate.take(length)
            return self._drive.read(self._file_id, offset, length, self._path)


def open_video(path: str, settings: Settings) -> DriveVideo:
    """The video at an address, as the signed-in account may read it.

    Raises VideoVanished if it is gone, in the trash or replaced, VideoForbidden, VideoUnreachable.
    """
    with _as_of_video(path):
        line = _line(settings)
        told = _told(line, path)
    if told["trashed"]:
        raise VideoVanished(f"{path} lies in Google Drive's trash; take it out, and it is done")
    if told.get("md5Checksum") != content_of(path)[1]:
        raise VideoVanished(f"{path} has another content at Google Drive by now; the next scan takes that up")
    return DriveVideo(path, line.drive, _rate(settings), int(told["size"]))


def _rate(settings: Settings) -> Rate:
    return Rate(
        platformdirs.user_cache_path("vtrack", appauthor=False) / "drive.rate", settings.DRIVE_MB_PER_SECOND * _MB
    )


def source_drive(settings: Settings, *, tries: int | None = None) -> Drive:
    """Drive, to read from with the account that is signed in. Raises DriveSignedOut, DriveError."""
    patience = Patience(tries=tries or usual_tries(), unit_s=settings.DRIVE_RETRY_SECONDS)
    account = account_in_force(account_path(settings.DB))
    return Drive(account, Purpose.SOURCE, settings.DRIVE_ENDPOINT, patience=patience)


class _Line:
    """A thread's line to Drive, and what was told by it lately: it takes longer to open than a range to come."""

    def __init__(self, settings: Settings, key: object) -> None:
        self.drive = source_drive(settings)
        self.key = key
        self.told: dict[str, tuple[float, dict[str, Any]]] = {}

    def __del__(self) -> None:
        # With its thread, which nothing else tells of its end.
        if "drive" in vars(self):
            self.drive.close()


_lines = threading.local()


def _line(settings: Settings) -> _Line:
    """This thread's line; another one once somebody else has signed in. Raises DriveSignedOut, DriveError."""
    account = account_in_force(account_path(settings.DB))
    key = settings.DRIVE_ENDPOINT, settings.DRIVE_RETRY_SECONDS, usual_tries(), account.model_dump_json()
    line: _Line | None = getattr(_lines, "line", None)
    if line is None or line.key != key:
        line = _lines.line = _Line(settings, key)
    return line


def _told(line: _Line, path: str) -> dict[str, Any]:
    at, told = line.told.get(path, (0.0, {}))
    if not at or time.monotonic() > at + _FRESH_S:
        request = line.drive.files.get(fileId=content_of(path)[0], supportsAllDrives=True, fields=_FIELDS)
        told = line.drive.ask(request, path)
        # What is amiss with a file may be mended in a moment.
        is_as_found = not told["trashed"] and told.get("md5Checksum") == content_of(path)[1]
        line.told = {path: (time.monotonic(), told)} if is_as_found else {}
    return told


@contextmanager
def _as_of_video(path: str) -> Iterator[None]:
    """Errors of Drive as what they mean for one video."""
    try:
        yield
    except (DriveGone, DriveChanged) as error:
        raise VideoVanished(f"{path} is not as it was found: {error}") from error
    except DriveSignedOut as error:  # not the file's fault
        raise VideoUnreachable(f"{path} can't be read: {error}") from error
    except DriveForbidden as error:
        raise VideoForbidden(f"{path} may not be read: {error}") from error
    except (DriveError, OSError) as error:
        raise VideoUnreachable(f"{path} can't be read: {error}") from error
