"""Conclusions: a sampled video's end, together with the events it brings about, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger import migrations
from vtrack_ray.ledger.claims import stale_attempts
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.events import EVENT_TABLES, forget_codes, insert_events
from vtrack_ray.ledger.queries import Written
from vtrack_ray.ledger.transaction import Transaction, rows_json
from vtrack_ray.ledger.values import STAGES, Conclusion, Outcome, Refolded
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.video import VideoStatus


class Conclusions(Database):
    """Queries that put events in the place of others."""

    def conclude(self, video_id: str, attempt: int, conclusion: Conclusion, refolded: Refolded) -> Outcome:
        """Ends the video as done or no_activity, and stores the events folded around it as `replace_events` does.

        Tells what the video came to. Raises StaleAttempt, with nothing stored, if the video is not being sampled in
        that attempt.
        """
        [outcome] = self.conclude_videos([(video_id, attempt, conclusion, refolded)])
        if isinstance(outcome, StaleAttempt):
            raise outcome
        return outcome

    def conclude_videos(self, endings: Sequence[tuple[str, int, Conclusion, Refolded]]) -> list[Outcome | StaleAttempt]:
        """Does for each of these what `conclude` does, all in one transaction: for many, a tenth of the work.

        No two of them may be of one camera: what was folded for the one does not know of the other. Gives what each
        video came to, or what refused it.
        """
        if len({refolded.camera_name for *_, refolded in endings}) < len(endings):
            raise ValueError("two videos of one camera can't be concluded at once")
        with self._changing() as transaction:
            refusals = stale_attempts(transaction, [(video_id, attempt) for video_id, attempt, *_ in endings])
            accepted = [ending for ending in endings if ending[:2] not in refusals]
            outcomes = _end(transaction, accepted) if accepted else {}
            if accepted:
                _replace(transaction, [refolded for *_, refolded in accepted], known=outcomes.keys())
        return [refusals.get((video_id, attempt)) or outcomes[video_id] for video_id, attempt, *_ in endings]

    def replace_events(self, refolded: Refolded) -> None:
        """Puts the events in the place of those stored for the camera that ended in (after, until].

        An event stored before is overwritten wherever it ended. Whether an event lies in them, and so whether they
        are done or no_activity, is settled again for the concluded videos that have or had an event here.
        """
        with self._changing() as transaction:
            _replace(transaction, [refolded])

    def remake_events(self, events: Sequence[Event]) -> None:
        """Makes the tables of events anew, whatever is left of the former ones, with these events alone.

        `events` are all that the concluded videos' logs come to: which of those are done or no_activity is settled
        again, and no fold around a removed video is owed any more.
        """
        with self._changing() as transaction:
            transaction.remake(EVENT_TABLES, migrations.definitions(EVENT_TABLES))
            insert_events(transaction, events)
            transaction.run("settle_all_videos")
            transaction.run("forget_all_removed")


def _end(transaction: Transaction, endings: Sequence[tuple[str, int, Conclusion, Refolded]]) -> dict[str, Outcome]:
    """Ends videos, and tells what each came to."""
    ended = [
        {
            "video_id": video_id,
            "status": VideoStatus.DONE if video_id in _lain_in(refolded.events) else VideoStatus.NO_ACTIVITY,
            "reason": conclusion.reason,
            "profile_digest": conclusion.profile_digest,
            "exhaustive": conclusion.is_exhaustive,
            "at": conclusion.at,
        }
        for video_id, _, conclusion, refolded in endings
    ]
    rows = transaction.run(
        "finish_videos", videos=rows_json(ended), video_id=Written(ended[0]["video_id"]) if len(ended) == 1 else None
    )
    found = {video_id: refolded.found_in(video_id) for video_id, _, _, refolded in endings}
    return {
        row["video_id"]: Outcome(
            status=VideoStatus(row["status"]),
            reason=row["reason"],
            seconds={stage: row[f"{stage}_s"] for stage in STAGES},
            findings=found[row["video_id"]],
        )
        for row in rows
    }


def _replace(transaction: Transaction, refolds: Sequence[Refolded], known: Set[str] = frozenset()) -> None:
    """Of the `known` videos it is stored already whether an event of these lies in them."""
    windows = rows_json({"camera_name": one.camera_name, "after": one.after, "until": one.until} for one in refolds)
    events = {event.event_id: event for refolded in refolds for event in refolded.events}
    # Two questions: asked for one or the other, DuckDB would look at every event there is.
    there = [row["event_id"] for row in transaction.run("events_in_windows", windows=windows)]
    former = transaction.run("events_of", event_ids=list({*there, *events}))
    if former:
        transaction.run("delete_events", event_ids=[row["event_id"] for row in former])
    # Of those to come as well: what is left of one that is gone must not be in its way.
    forget_codes(
        transaction,
        [
            *((row["event_id"], row["tracking_codes"]) for row in former),
            *((event_id, event.tracking_codes) for event_id, event in events.items()),
        ],
    )
    insert_events(transaction, list(events.values()))
    lain_in = _lain_in(events.values())
    had_one = {video_id for row in former for video_id in row["video_ids"]}  # and so says that it is done
    if unknown := lain_in - known - had_one:
        transaction.run("mark_done", video_ids=sorted(unknown))
    # A video that has lost an event may have another one, outside of the window: that takes a look at all events.
    if bereft := had_one - lain_in:
        transaction.run("settle_videos", video_ids=sorted(bereft))
    transaction.run("forget_removed", windows=windows)


def _lain_in(events: Iterable[Event]) -> set[str]:
    """The videos that any of the events lies in."""
    return {video_id for event in events for video_id in event.video_ids}
