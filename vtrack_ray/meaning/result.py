"""Results: the files that tell others of the events, and the folder that they are sent to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

CLIP_FOLDER = "clips "
"""How the names of the folders begin that clips are in: the day follows."""


@dataclass(frozen=True, kw_only=True)
class ResultsFolder:
    """A folder at Google Drive. `owner` marks what comes from one database: several may share a folder.

    `clips`: clips of events go there too.
    """

    folder_id: str
    name: str
    owner: str
    clips: bool = False


@dataclass(frozen=True, kw_only=True)
class ResultFile:
    """A file in that folder, or a folder of a day's clips in it.

    `digest` and `sent_at`: of the events that it was last sent with (a folder: when it was made); None: not sent yet.
    """

    result: str
    file_id: str
    digest: str | None = None
    sent_at: datetime | None = None

    @property
    def is_folder(self) -> bool:
        return self.result.startswith(CLIP_FOLDER)


@dataclass(frozen=True, kw_only=True)
class ClipFile:
    """The clip of an event in its day's folder.

    `name`, `digest` and `sent_at`: as which it was last sent, and with what of the event; None: not sent yet. `reason`:
    why it could not be sent when that was last tried.
    """

    event_id: str
    file_id: str
    name: str | None = None
    digest: str | None = None
    sent_at: datetime | None = None
    reason: str | None = None

    @property
    def file(self) -> ResultFile:
        """The same as a file of results."""
        result = clip_result(self.event_id)
        return ResultFile(result=result, file_id=self.file_id, digest=self.digest, sent_at=self.sent_at)


@dataclass(frozen=True, kw_only=True)
class ClipCounts:
    """How many clips were sent, when the last of them was, and how many could not be sent."""

    sent: int
    last_sent_at: datetime | None
    failed: int


class Put(StrEnum):
    """What became of a file that was to be there."""

    SENT = "sent"
    THERE = "there"
    """It was there already: what is known of it had not been recorded."""
    LOST = "lost"
    """The one that was sent before was thrown away or changed by somebody: it is left alone, and a new one is due."""
    HOMELESS = "homeless"
    """The folder that it was to be made in was thrown away by somebody: another one is due."""


@dataclass(frozen=True, kw_only=True)
class EventDay:
    """The events that start on one day in the set time zone, between two instants.

    `digest` changes when any of them does. `is_whole`: no video of that day waits or is being worked on.
    """

    day: date
    starts_at: datetime
    ends_at: datetime
    events: int
    digest: str
    is_whole: bool


def clip_result(event_id: str) -> str:
    """What the clip of an event is called among results, whatever its file's name is."""
    return f"clip {event_id}"
