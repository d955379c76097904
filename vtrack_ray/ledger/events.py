"""The tables of events and of the sights in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.queries import Written, one_or_more
from vtrack_ray.ledger.transaction import Row, Transaction, rows_json
from vtrack_ray.ledger.values import CameraFindings, EventFilter, EventRow, Findings, LocatedEvents
from vtrack_ray.ledger.video_rows import paths_of
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.event import Event, EventSight, EventStatus
from vtrack_ray.meaning.sample import Sight
from vtrack_ray.text import storable

EVENT_TABLES = ("events", "sights", "event_codes")
"""The tables that follow from the sampling logs: a rebuild makes them anew."""

StoredForm = tuple[Row, list[Row]]
"""An event's row and those of its sights, every column."""


class Events(Database):
    """Queries about events."""

    def events(self, event_filter: EventFilter | None = None) -> list[Event]:
        """The events that pass the filter, with all of their sights, by start, camera and identity."""
        with self._reading() as transaction:
            rows = _chosen(transaction, event_filter or EventFilter())
            seen = transaction.run("sights", event_ids=[row["event_id"] for row in rows])
        sights: defaultdict[str, list[EventSight]] = defaultdict(list)
        for row in seen:
            sights[row["event_id"]].append(_sight_of(row))
        return [_event_of(row, sights[row["event_id"]]) for row in rows]

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

    def stored_events(self) -> dict[str, StoredForm]:
        """Every event as it is stored, by its identity; sights of no event are left out."""
        with self._reading() as transaction:
            rows = transaction.run("snapshot_events")
            seen = transaction.run("snapshot_sights")
        sights: defaultdict[str, list[Row]] = defaultdict(list)
        for row in seen:
            sights[row["event_id"]].append(row)
        return {row["event_id"]: (row, sights[row["event_id"]]) for row in rows}

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
        rows = rows_json(_event_row(event) for event in events)
        transaction.run("insert_events", events=rows)
        transaction.run("insert_event_codes", events=rows)
        transaction.run(
            "insert_sights",
            sights=rows_json(
                _sight_row(event.event_id, ordinal, sight)
                for event in events
                for ordinal, sight in enumerate(event.sights)
            ),
        )


def forget_details(transaction: Transaction, event_ids: Sequence[str]) -> None:
    """Removes what other tables hold of events that were deleted."""
    transaction.run("delete_sights", event_ids=event_ids)
    transaction.run("delete_event_codes", event_ids=event_ids)


def stored_forms(events: Iterable[Event]) -> dict[str, StoredForm]:
    """How these events are stored, by their identities."""
    return {
        event.event_id: (
            _event_row(event),
            [_sight_row(event.event_id, ordinal, sight) for ordinal, sight in enumerate(event.sights)],
        )
        for event in events
    }


def _chosen(transaction: Transaction, wanted: EventFilter) -> list[Row]:
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


def _event_row(event: Event) -> dict[str, object]:
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
    }


def _sight_row(event_id: str, ordinal: int, seen: EventSight) -> dict[str, object]:
    return {
        "event_id": event_id,
        "ordinal": ordinal,
        "code": seen.sight.code,
        "symbology": seen.sight.symbology,
        "video_id": seen.video_id,
        "time_s": seen.time_s,
        "seen_at": seen.at,
        **seen.sight.area._asdict(),
        "decoder": seen.sight.decoder,
        "fused_s": list(seen.sight.fused_s),
    }


def _event_of(row: Row, sights: Sequence[EventSight]) -> Event:
    return Event(
        camera_name=row["camera_name"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        start_s=row["start_s"],
        end_s=row["end_s"],
        video_ids=tuple(row["video_ids"]),
        status=EventStatus(row["status"]),
        sights=tuple(sights),
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


def _sight_of(row: Row) -> EventSight:
    return EventSight(
        video_id=row["video_id"],
        time_s=row["time_s"],
        at=row["seen_at"],
        sight=Sight(
            code=row["code"],
            symbology=row["symbology"],
            area=Area(row["x"], row["y"], row["width"], row["height"]),
            decoder=row["decoder"],
            fused_s=tuple(row["fused_s"]),
        ),
    )
