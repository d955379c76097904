"""Results: each day's events as files in a folder at Google Drive, sent when the day's videos are done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from vtrack_ray.drive.account import Account, Purpose, account_path, load_account
from vtrack_ray.drive.patience import Patience
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import EventFilter, EventRow, VideoFilter
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.result import EventDay, ResultFile, ResultsFolder
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.day_files import FORMATS
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.reasons import END_THE_RUN
from vtrack_ray.settings import Settings

if TYPE_CHECKING:
    from vtrack_ray.drive.client import Drive

_PATIENCE = Patience(tries=4)
"""A job keeps a place that sampling could use; what does not go now goes the next time."""


@dataclass(frozen=True)
class Place:
    """Where files go, and who puts them there: what a job needs to know wherever it runs."""

    account: Account
    endpoint: str
    folder: ResultsFolder
    patience: Patience


class Results:
    """Keeps the folder up to date.

    A file's id is taken from Google and kept in the ledger before the file is made, and of an id there is one file at
    most: so each is there once, whatever was interrupted. A file that somebody has changed or thrown away is let be.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        launcher: Launcher,
        now: Callable[[], datetime],
        patience: Patience = _PATIENCE,
    ) -> None:
        self._settings = settings
        self._store = store
        self._launcher = launcher
        self._now = now
        self._patience = patience

    async def send(self) -> int:
        """Sends what is due, and says how many files were sent. Raises DriveError; what was sent is recorded."""
        folder = await self._store(Ledger.results_folder)
        if folder is None:
            return 0
        known = {one.result: one for one in await self._store(Ledger.results)}
        due = await self._due(known)
        if not due:
            return 0
        account = load_account(account_path(self._settings.DB))
        place = Place(account, self._settings.DRIVE_ENDPOINT, folder, self._patience)
        if new := [name for day in due for name in _names(day) if name not in known]:
            job = Job(label="results: new files", kind="results")
            ids = await self._launcher.run(job, reserve, place, new)
            known = {one.result: one for one in await self._store(Ledger.reserve_results, ids)}
        return sum([await self._send(place, day, known) for day in due])

    async def _due(self, known: Mapping[str, ResultFile]) -> list[EventDay]:
        """Days that are done with, and whose events were not sent as they are now."""
        sent = {day for name in known if (day := _day_of(name))}
        days = await self._store(Ledger.event_days, self._settings.TIME_ZONE, sorted(sent))
        return [
            day
            for day in days
            if day.is_whole
            and (day.events or day.day in sent)
            and any(name not in known or known[name].digest != day.digest for name in _names(day))
        ]

    async def _send(self, place: Place, day: EventDay, known: Mapping[str, ResultFile]) -> int:
        """Sends a day's files; recorded is the digest from before its events were read, so that none is missed."""
        near = await self._store(Ledger.event_rows, EventFilter(since=day.starts_at, until=day.ends_at))
        events = [event for event in near if day.starts_at <= event.started_at < day.ends_at]
        ids = tuple(sorted({video_id for event in events for video_id in event.video_ids}))
        paths = {row.video_id: row.path for row in await self._store(Ledger.videos, VideoFilter(video_ids=ids))}
        files = [known[name] for name in _names(day) if known[name].digest != day.digest]
        job = Job(label=f"results:{day.day}", kind="results")
        sent, lost = await self._launcher.run(
            job, put_files, place, files, events, paths, ZoneInfo(self._settings.TIME_ZONE)
        )
        for file in files:
            if file.result in lost:
                await self._store(Ledger.forget_result, file.result, file.file_id)
            else:
                await self._store(Ledger.record_result, file.result, file.file_id, day.digest, self._now())
        return len(sent)


class Sending:
    """Sends results again and again while the service runs."""

    def __init__(self, settings: Settings, results: Results, chronicle: Chronicle, now: Callable[[], datetime]) -> None:
        self._every = timedelta(minutes=settings.DRIVE_RESULTS_MINUTES)
        self._results = results
        self._chronicle = chronicle
        self._now = now
        self._due = now()
        self._trouble = ""

    async def keep(self) -> None:
        """Sends what is due, if it is time to; what can't be sent is told, once, and tried again the next time."""
        # A clock that was put back must not put it off for as long.
        if timedelta(0) < self._due - self._now() <= self._every:
            return
        self._due = self._now() + self._every
        try:
            sent = await self._results.send()
        except END_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it goes well the next time perhaps
            if str(error) != self._trouble:
                self._trouble = str(error)
                await self._chronicle.tell(OccurrenceKind.TROUBLE, f"results could not be sent: {error}")
            return
        self._trouble = ""
        if sent:
            await self._chronicle.tell(
                OccurrenceKind.RESULTS, f"{sent} files of events were sent to Google Drive", files=sent
            )


def reserve(place: Place, names: Sequence[str]) -> dict[str, str]:
    """Ids for files: those that this database has put there before, should it have lost count of them, or new ones.

    Raises DriveError.
    """
    from vtrack_ray.drive import folder as at_drive  # Google's libraries take a while to import

    with _opened(place) as drive:
        at_drive.open_folder(drive, place.folder.folder_id, place.folder.owner)
        there = at_drive.known_ids(drive, place.folder)
        unknown = [name for name in names if name not in there]
        return {
            **{name: there[name] for name in names if name in there},
            **dict(zip(unknown, at_drive.new_ids(drive, len(unknown)), strict=False)),
        }


def put_files(
    place: Place, files: Sequence[ResultFile], events: Sequence[EventRow], paths: Mapping[str, str], zone: ZoneInfo
) -> tuple[list[str], list[str]]:
    """Has a day's files be there; the names of those that were sent, and of those that somebody has made their own.

    Raises DriveError.
    """
    from vtrack_ray.drive import folder as at_drive

    done: dict[str, str] = {}
    with _opened(place) as drive:
        for file in files:
            form = FORMATS[file.result.rpartition(".")[2]]
            content = form.write(events, paths, zone)
            done[file.result] = at_drive.put(drive, place.folder, file, content, form.content_type)
    return (
        [name for name, put in done.items() if put == at_drive.Put.SENT],
        [name for name, put in done.items() if put == at_drive.Put.LOST],
    )


def _opened(place: Place) -> Drive:
    from vtrack_ray.drive.client import Drive

    return Drive(place.account, Purpose.RESULTS, place.endpoint, patience=place.patience)


def _names(day: EventDay) -> list[str]:
    return [f"events {day.day}.{ending}" for ending in FORMATS]


def _day_of(result: str) -> date | None:
    with suppress(ValueError, IndexError):
        return date.fromisoformat(result.split()[1].partition(".")[0])
    return None
