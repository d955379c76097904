"""An audit: whether a database can be read to its end, holds what has to hold, and has lost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from vtrack_ray.ledger import migrations
from vtrack_ray.ledger.events import EVENT_TABLES, stored_form
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.mark import Mark, loss, lost_commits
from vtrack_ray.ledger.soundness import REBUILD, RESTORE
from vtrack_ray.ledger.transaction import Row
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.pipeline.refold import CameraRefold, refold


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was read and counted, what is wrong, and what could not be told; the latter two in sentences."""

    rows: dict[str, int]
    videos: int
    events: int
    events_compared: int
    commits: Mark | None
    faults: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not self.faults


def audit(ledger: Ledger, database: Path, mark: Mark | None) -> Audit:
    """Looks through the whole ledger: `database` itself, or a copy of it that was made after its mark was read.

    Tables that can't be read are told; what depends on them is not looked at then.
    """
    read = ledger.read_tables()
    rows = {name: found for name, found in read.items() if isinstance(found, int)}
    faults = [*_unreadable(read)]
    notes: list[str] = []
    compared = _Compared(0, (), ())
    inside = None
    if not faults:
        inside = ledger.standing_commits()
        faults += [*_lost(database, inside, mark), *ledger.broken()]
        notes += _uncounted(inside, mark)
        compared = _compare(ledger)
        faults += compared.faults
        notes += compared.notes
    return Audit(
        rows=rows,
        videos=rows.get("file_list", 0),
        events=rows.get("events", 0),
        events_compared=compared.alike,
        commits=inside,
        faults=tuple(faults),
        notes=tuple(notes),
    )


def _unreadable(read: dict[str, int | str]) -> Iterator[str]:
    for name in migrations.table_names():
        remedy = REBUILD if name in EVENT_TABLES else RESTORE
        found = read.get(name)
        if found is None:
            yield f"The table {name} is missing. {remedy}"
        elif isinstance(found, str):
            yield f"The table {name} can't be read to its end: {found.rstrip('.')}. {remedy}"


def _lost(database: Path, inside: Mark | None, outside: Mark | None) -> Iterator[str]:
    if outside and (lost := lost_commits(inside, outside) + outside.missing):
        yield loss(database, lost)


def _uncounted(inside: Mark | None, outside: Mark | None) -> Iterator[str]:
    if outside is None:
        yield "There is no mark beside the database: whether its last commits are missing can't be told."
    elif inside is not None and inside.database != outside.database:
        yield "The mark beside the database is another one's: whether its last commits are missing can't be told."


class _Compared(NamedTuple):
    alike: int
    faults: tuple[str, ...]
    notes: tuple[str, ...]


def _compare(ledger: Ledger) -> _Compared:
    """The stored events against those that the sampling logs come to."""
    stored: dict[str, dict[str, Row]] = {}
    for event_id, row in ledger.stored_events().items():
        stored.setdefault(row["camera_name"], {})[event_id] = row
    refolds = {one.camera_name: one for one in refold(ledger)}
    faults, notes, alike, left_out = list[str](), list[str](), 0, 0
    for name in sorted(stored.keys() | refolds.keys()):
        again = refolds.get(name) or _nothing(name)
        if not again.is_certain:
            notes.append(
                f"The events of camera {name} were not compared with its sampling logs: they come from more than one "
                "packing profile, or one that is not kept. Once `vtrack run` has gone over its recordings, they can be."
            )
            continue
        open_ids = _open_ids(ledger, again)
        refolded = {event.event_id: stored_form(event) for event in again.events}
        difference = _difference(stored.get(name, {}), refolded, open_ids)
        alike += difference.alike
        left_out += difference.left_out
        if difference.first is not None:
            faults.append(
                f"{difference.apart} of the events of camera {name} are not those that its sampling logs come to; the "
                f"first begins at {difference.first.isoformat()}. {REBUILD}"
            )
    if left_out:
        notes.append(
            f"{left_out} events were not compared: they lie in or beside videos that are not done, or are done again."
        )
    return _Compared(alike, tuple(faults), tuple(notes))


def _nothing(camera_name: str) -> CameraRefold:
    profile = Profile(camera_name=camera_name)
    return CameraRefold(camera_name=camera_name, profile=profile, events=(), is_certain=True)


class _Difference(NamedTuple):
    alike: int
    apart: int
    left_out: int
    first: datetime | None


def _difference(there: dict[str, Row], again: dict[str, Row], open_ids: set[str]) -> _Difference:
    alike, left_out, apart = 0, 0, list[datetime]()
    for event_id in there.keys() | again.keys():
        rows = [row for row in (there.get(event_id), again.get(event_id)) if row]
        if len(rows) == 2 and rows[0] == rows[1]:
            alike += 1
        elif any(open_ids.intersection(row["video_ids"]) for row in rows):
            left_out += event_id in there
        else:
            apart += [row["started_at"] for row in rows[:1]]
    return _Difference(alike, len(apart), left_out, min(apart, default=None))


def _open_ids(ledger: Ledger, again: CameraRefold) -> set[str]:
    """Videos whose events may differ: those that have no logs to tell of their events, and the ones beside them."""
    gap = timedelta(seconds=again.profile.continuation_gap_s)
    own = [video for video in ledger.unconcluded() if video.camera_name == again.camera_name]
    near = {
        neighbour.video_id
        for video in own
        for neighbour in ledger.neighbours(again.camera_name, video.started_at - gap, video.ended_at + gap)
    }
    return {video.video_id for video in own} | near
