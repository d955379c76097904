"""The table of clips: which are at Google Drive, of which events, and which are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.events import record_of
from vtrack_ray.ledger.transaction import Row, rows_json
from vtrack_ray.ledger.values import DueClip, EventRow
from vtrack_ray.meaning.result import ClipCounts, ClipFile, EventDay


class Clips(Database):
    """Queries about the clips of events at Google Drive."""

    def clips_due(self, days: Sequence[EventDay], tried_before: datetime, limit: int) -> list[DueClip]:
        """Events of these days whose clips were not sent as the events are now, at most so many, the latest first.

        Those that could not be sent are among them if that was last tried before `tried_before`.
        """
        named = {day.starts_at: day.day for day in days}
        with self._reading() as transaction:
            rows = transaction.run("clips_due", tried_before=tried_before, limit=limit, **_bounds(days))
        return [
            DueClip(
                event=record_of(row),
                day=named[row["day_starts_at"]],
                digest=row["wanted_digest"],
                clip=_clip_of(row) if row["file_id"] else None,
            )
            for row in rows
        ]

    def inherit_clips(self, days: Sequence[EventDay]) -> int:
        """Has clips whose events are no more be those of the events, of these days, that show in them; gives how many.

        An event that begins otherwise than it was known to is another one, in the place of the former.
        """
        with self._changing() as transaction:
            formers: dict[str, str] = {}
            taken: set[str] = set()
            for row in transaction.run("heirs", **_bounds(days)):
                if row["heir"] not in formers and row["former"] not in taken:
                    formers[row["heir"]] = row["former"]
                    taken.add(row["former"])
            given = ({"former": former, "heir": heir} for heir, former in formers.items())
            transaction.run("inherit_clips", clips=rows_json(given))
        return len(formers)

    def reserve_clips(self, file_ids: Mapping[str, str]) -> list[ClipFile]:
        """Keeps which files the clips of events are to be, where that is not kept already; gives what is kept."""
        with self._changing() as transaction:
            given = ({"event_id": event_id, "file_id": file_id} for event_id, file_id in file_ids.items())
            transaction.run("reserve_clips", clips=rows_json(given))
            return [_clip_of(row) for row in transaction.run("clips_of", event_ids=list(file_ids))]

    def record_clip(self, event: EventRow, file_id: str, digest: str, name: str, at: datetime) -> None:
        """Records that the clip of an event was sent, under which name."""
        with self._changing() as transaction:
            transaction.run(
                "record_clip",
                event_id=event.event_id,
                file_id=file_id,
                digest=digest,
                named=name,
                camera_name=event.camera_name,
                started_at=event.started_at,
                ended_at=event.ended_at,
                at=at,
            )

    def record_clip_failures(self, reasons: Mapping[str, str], at: datetime) -> None:
        """Records why the clips of events could not be sent."""
        with self._changing() as transaction:
            given = ({"event_id": event_id, "reason": reason} for event_id, reason in reasons.items())
            transaction.run("record_clip_failures", clips=rows_json(given), at=at)

    def forget_clip(self, event_id: str, file_id: str) -> None:
        """Has the file of a clip be another one from now on."""
        with self._changing() as transaction:
            transaction.run("forget_clip", event_id=event_id, file_id=file_id)

    def clip_counts(self) -> ClipCounts:
        """How many were sent, and could not be sent."""
        with self._reading() as transaction:
            [row] = transaction.run("count_clips")
        return ClipCounts(**row)


def _bounds(days: Sequence[EventDay]) -> dict[str, Any]:
    return {"starts": [day.starts_at for day in days], "ends": [day.ends_at for day in days]}


def _clip_of(row: Row) -> ClipFile:
    return ClipFile(**{key: row[key] for key in ("event_id", "file_id", "name", "digest", "sent_at", "reason")})
