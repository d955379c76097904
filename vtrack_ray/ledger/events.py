"""The tables of events, with the sights in them, and of their codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from vtrack_ray import instants
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.queries import Written, one_or_more
from vtrack_ray.ledger.transaction import Row, Transaction, rows_json
from vtrack_ray.ledger.values import CameraFindings, EventFilter, EventRow, Findings, LocatedEvents
from vtrack_ray.ledger.video_rows import paths_of
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.event import Event, EventSight, EventStatus
from vtrack_ray.meaning.sample import Sight
from vtrack_ray.text import storable

EVENT_TABLES = ("events", "event_codes")
"""The tables that follow from the sampling logs: a rebuild makes them anew."""


class Events(Database):
    """Queries about events."""

    def events(self, event_filter: EventFilter | None = None) -> list[Event]:
        """The events that pass the filter, with all of their sights, by start, camera and identity."""
        with self._reading() as transaction:
            return [_event_of(row) for row in _chosen(transaction, event_filter or EventFilter(), with_sights=True)]

    def event_rows(self, event_filter: EventFilter | None = None) -> list[EventRow]:
        """The records of the events that `events` gives, in the same order: a list needs no sights."""
        with self._reading() as transaction:
            return [record_of(row) for row in _chosen(transaction, event_filter or EventFilter())]

    def located_events(self, event_filter: EventFilter | None = None) -> LocatedEvents:
        """The same, with the paths of their videos: what lists show, as of one moment and in one call."""
        with self._reading() as transaction:
            rows = [record_of(row) for row in _chosen(transaction, event_filter or EventFilter())]
            paths = paths_of(transaction, list({video_id for row in rows for video_id in row.video_ids}))
        return LocatedEvents(rows=rows, paths=paths)

    def event(self, event_id: str) -> Event | None:
        """The event, if it is known."""
        found = self.events(EventFilter(event_ids=(event_id,)))
        return found[0] if found else None

    def stored_events(self) -> dict[str, Row]:
        """Every event as it is stored, every column, by its identity."""
        with self._reading() as transaction:
            return {row["event_id"]: row for row in transaction.run("snapshot_events")}

    def codes_like(self, text: str, most: int) -> list[str]:
        """At most so many codes that contain `text`, in capitals or not; those that are it or begin with it first."""
        with self._reading() as transaction:
            return [row["code"] for row in transaction.run("codes_like", text=text, most=most)]

    def found_in(self, video_ids: Sequence[str]) -> Findings:
        """How much was found in these videos."""
        with self._reading() as transaction:
            (row,) = transaction.run("found_in", video_ids=video_ids)
        return Findings(events=row["events"], tracking_codes=row["tracking_codes"])

    def found_by_camera(self, video_ids: Sequence[str]) -> list[CameraFindings]:
        """How much was found in these videos by each camera that anything was found by, in alphabetical order."""
        with self._reading() as transaction:
            return [CameraFindings(**row) for row in transaction.run("found_by_camera", video_ids=video_ids)]


def insert_events(transaction: Transaction, events: Sequence[Event]) -> None:
    """Stores events that are not stored yet, each once."""
    if events:
        rows = rows_json({**row, "sights": rows_json(row["sights"])} for row in map(stored_form, events))
        transaction.run("insert_events", events=rows)
        transaction.run("insert_event_codes", events=rows)


def forget_codes(transaction: Transaction, codes_of_events: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Has events, by their identities, be found by these codes no more."""
    coded = [(event_id, codes) for event_id, codes in codes_of_events if codes]
    if not coded:
        return
    found = transaction.run("event_codes_of", codes=sorted({code for _, codes in coded for code in codes}))
    event_ids = {event_id for event_id, _ in coded}
    if rows := [row["row_number"] for row in found if row["event_id"] in event_ids]:
        transaction.run("delete_event_codes", row_numbers=rows)


def stored_form(event: Event) -> Row:
    """How the event is stored, every column, but for its sights: those are written as JSON."""
    return {
        "event_id": event.event_id,
        "camera_name": event.camera_name,
        "started_at": event.started_at,
        "ended_at": event.ended_at,
        "start_s": event.start_s,
        "end_s": event.end_s,
        "duration_s": event.duration_s,
        "video_ids": list(event.video_ids),
        "tracking_codes": list(event.tracking_codes),
        "status": str(event.status),
        "sights": [_from_sight(seen) for seen in event.sights],
    }


def _chosen(transaction: Transaction, wanted: EventFilter, *, with_sights: bool = False) -> list[Row]:
    behind, before = (None, wanted.after) if wanted.newest_first else (wanted.after, None)
    event_ids = _named(transaction, wanted)
    if event_ids is not None and not event_ids:
        return []
    codes = wanted.codes if len(wanted.codes) > 1 else ()
    is_named = event_ids is not None or bool(codes)
    is_narrowed = any((wanted.cameras, wanted.since, wanted.until, wanted.statuses, wanted.after))
    rows = transaction.run(
        "events",
        named=True if is_named else None,
        sights=True if with_sights else None,
        named_sights=True if is_named and with_sights else None,
        **one_or_more("event_id", "event_ids", event_ids),
        codes=codes or None,
        narrowed=True if is_named and is_narrowed else None,
        cameras=wanted.cameras or None,
        since=wanted.since,
        until=wanted.until,
        statuses=wanted.statuses or None,
        behind=behind.started_at if behind else None,
        behind_camera=behind.camera_name if behind else None,
        behind_id=behind.event_id if behind else None,
        before=before.started_at if before else None,
        before_camera=before.camera_name if before else None,
        before_id=before.event_id if before else None,
        oldest_first=None if is_named or wanted.newest_first else True,
        newest_first=True if wanted.newest_first and not is_named else None,
        limit=None if is_named else wanted.limit,
    )
    if is_named:
        rows.sort(key=_place_of, reverse=wanted.newest_first)
    return rows[: wanted.limit]


def _named(transaction: Transaction, wanted: EventFilter) -> Sequence[str] | None:
    """The identities that are asked for: of the events with a code, if it is one alone. None: whichever."""
    if len(wanted.codes) != 1:
        return wanted.event_ids
    found = [row["event_id"] for row in transaction.run("events_with_code", code=Written(storable(wanted.codes[0])))]
    return found if wanted.event_ids is None else sorted(set(found).intersection(wanted.event_ids))


def _place_of(row: Row) -> tuple[datetime, str, str]:
    """What events are ordered by, as the database orders it."""
    return row["started_at"], storable(row["camera_name"]), row["event_id"]


def _event_of(row: Row) -> Event:
    return Event(
        camera_name=row["camera_name"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        start_s=row["start_s"],
        end_s=row["end_s"],
        video_ids=tuple(row["video_ids"]),
        status=EventStatus(row["status"]),
        sights=tuple(_to_sight(seen) for seen in row["sights"]),
    )


def record_of(row: Row) -> EventRow:
    """The record in a row of `events`."""
    return EventRow(
        event_id=row["event_id"],
        camera_name=row["camera_name"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        start_s=row["start_s"],
        end_s=row["end_s"],
        video_ids=tuple(row["video_ids"]),
        tracking_codes=tuple(row["tracking_codes"]),
        status=EventStatus(row["status"]),
    )


def _from_sight(seen: EventSight) -> Row:
    return {
        "code": seen.sight.code,
        "symbology": seen.sight.symbology,
        "video_id": seen.video_id,
        "time_s": seen.time_s,
        "seen_us": instants.to_us(seen.at),
        **seen.sight.area._asdict(),
        "decoder": seen.sight.decoder,
        "fused_s": list(seen.sight.fused_s),
    }


def _to_sight(row: Row) -> EventSight:
    return EventSight(
        video_id=row["video_id"],
        time_s=row["time_s"],
        at=instants.from_us(row["seen_us"]),
        sight=Sight(
            code=row["code"],
            symbology=row["symbology"],
            area=Area(row["x"], row["y"], row["width"], row["height"]),
            decoder=row["decoder"],
            fused_s=tuple(row["fused_s"]),
        ),
    )
