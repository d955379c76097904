"""Results: the files that tell others of the events, and the folder that they are sent to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class ResultsFolder:
    """A folder at Google Drive. `owner` marks what comes from one database: several may share a folder."""

    folder_id: str
    name: str
    owner: str


@dataclass(frozen=True, kw_only=True)
class ResultFile:
    """A file in that folder. `digest` and `sent_at`: of the events that it was last sent with; None: not sent yet."""

    result: str
    file_id: str
    digest: str | None = None
    sent_at: datetime | None = None


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
