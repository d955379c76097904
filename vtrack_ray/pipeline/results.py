"""Results: each day's events as files in a folder at Google Drive, sent when the day's videos are done."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from vtrack_ray.drive.patience import Patience
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import EventFilter, EventRow, VideoFilter
from vtrack_ray.meaning.result import EventDay, Put, ResultFile
from vtrack_ray.pipeline.day_files import FORMATS
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.place import PATIENCE, Place, reserve
from vtrack_ray.settings import Settings


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
        patience: Patience = PATIENCE,
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
        place = Place.of(folder, self._settings, self._patience)
        if new := [name for day in due for name in _names(day) if name not in known]:
            job = Job(label="results: new files", kind="results")
            ids = await self._launcher.run(job, reserve, place, new)
            known = {one.result: one for one in await self._store(Ledger.reserve_results, ids)}
        return sum([await self._send(place, day, known) for day in due])

    async def _due(self, known: Mapping[str, ResultFile]) -> list[EventDay]:
        """Days that are done with, and whose events were not sent as they are now."""
        sent = {day for file in known.values() if not file.is_folder and (day := _day_of(file.result))}
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


def put_files(
    place: Place, files: Sequence[ResultFile], events: Sequence[EventRow], paths: Mapping[str, str], zone: ZoneInfo
) -> tuple[list[str], list[str]]:
    """Has a day's files be there; the names of those that were sent, and of those that somebody has made their own.

    Raises DriveError.
    """
    from vtrack_ray.drive.result import Wanted, put  # Google's libraries take a while to import

    done: dict[str, Put] = {}
    with place.opened() as drive:
        for file in files:
            form = FORMATS[file.result.rpartition(".")[2]]
            wanted = Wanted(
                name=file.result,
                content_type=form.content_type,
                content=partial(io.BytesIO, form.write(events, paths, zone)),
                home=lambda: place.folder.folder_id,
            )
            done[file.result] = put(drive, place.folder.owner, file, wanted)
    return (
        [name for name, became in done.items() if became is Put.SENT],
        [name for name, became in done.items() if became is Put.LOST],
    )


def _names(day: EventDay) -> list[str]:
    return [f"events {day.day}.{ending}" for ending in FORMATS]


def _day_of(result: str) -> date | None:
    with suppress(ValueError, IndexError):
        return date.fromisoformat(result.split()[1].partition(".")[0])
    return None
