"""The table of results: which files of events are at Google Drive, and which are due."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.profiles import save_configs, stored_config
from vtrack_ray.ledger.transaction import Row, Transaction
from vtrack_ray.meaning.result import EventDay, ResultFile, ResultsFolder

_FOLDER = "results_folder"
_OWNER = "results_owner"


class Results(Database):
    """Queries about the files of events at Google Drive."""

    def results_folder(self) -> ResultsFolder | None:
        """The folder that results go to; None: to none."""
        with self._reading() as transaction:
            return _folder(transaction)

    def choose_results_folder(self, folder: ResultsFolder | None, at: datetime) -> None:
        """Has results go to that folder from now on, all of them if it is another one than before; None: to none."""
        with self._changing() as transaction:
            before = _folder(transaction)
            if folder is None or before is None or before.folder_id != folder.folder_id:
                transaction.run("forget_results")
                transaction.run("forget_clips")
            if folder is None:
                transaction.run("delete_config", key=_FOLDER)
            else:
                save_configs(transaction, {_FOLDER: json.dumps(asdict(folder)), _OWNER: folder.owner}, at)

    def results_owner(self) -> str | None:
        """What marks files as coming from this database; None before any folder was chosen.

        It outlives the choice of a folder: one that is chosen again is looked through for what was sent there before.
        """
        with self._reading() as transaction:
            return stored_config(transaction).get(_OWNER)

    def event_days(self, time_zone: str, also: Sequence[date] = ()) -> list[EventDay]:
        """The days on which events start, those between them, and `also`, by their beginning."""
        zone = ZoneInfo(time_zone)
        with self._reading() as transaction:
            [row] = transaction.run("time_of_events")
            seen = [row[key].astimezone(zone).date() for key in ("first", "last") if row[key]]
            bounds = [_bounds(day, zone) for day in _from_to([*seen, *also])]
            rows = transaction.run(
                "days_of_events", starts=[start for start, _ in bounds], ends=[end for _, end in bounds]
            )
        return [_day_of(row, zone) for row in rows]

    def results(self) -> list[ResultFile]:
        """The files that were sent to the folder or are about to be, by name."""
        with self._reading() as transaction:
            return [ResultFile(**row) for row in transaction.run("results")]

    def reserve_results(self, file_ids: Mapping[str, str]) -> list[ResultFile]:
        """Keeps which files results are to be, where that is not kept already, and gives all that is kept."""
        with self._changing() as transaction:
            for result, file_id in file_ids.items():
                transaction.run("reserve_result", result=result, file_id=file_id)
            return [ResultFile(**row) for row in transaction.run("results")]

    def record_result(self, result: str, file_id: str, digest: str, at: datetime) -> None:
        """Records that a file was sent, with which events."""
        with self._changing() as transaction:
            transaction.run("record_result", result=result, file_id=file_id, digest=digest, at=at)

    def forget_result(self, result: str, file_id: str) -> None:
        """Has the file of a result be another one from now on."""
        with self._changing() as transaction:
            transaction.run("forget_result", result=result, file_id=file_id)


def _folder(transaction: Transaction) -> ResultsFolder | None:
    stored = stored_config(transaction).get(_FOLDER)
    return ResultsFolder(**json.loads(stored)) if stored else None


def _from_to(days: Sequence[date]) -> Iterator[date]:
    if days:
        first = min(days)
        yield from (first + timedelta(days=n) for n in range((max(days) - first).days + 1))


def _bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A day has 23 to 25 hours: its end is the beginning of the next."""
    starts_at, ends_at = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return starts_at, ends_at


def _day_of(row: Row, zone: ZoneInfo) -> EventDay:
    # Its noon: a day may begin at one in the morning, where clocks are put forward at midnight.
    return EventDay(day=(row["starts_at"] + timedelta(hours=12)).astimezone(zone).date(), **row)
