"""Conclusions: a sampled video's end, together with the events it brings about, all or nothing."""

from __future__ import annotations

from collections.abc import Sequence, Set

from vtrack_ray.ledger import migrations
from vtrack_ray.ledger.claims import require_claim
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.events import EVENT_TABLES, forget_details, insert_events
from vtrack_ray.ledger.transaction import Transaction
from vtrack_ray.ledger.values import Conclusion, Refolded
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.video import VideoStatus


class Conclusions(Database):
    """Queries that put events in the place of others."""

    def conclude(self, video_id: str, attempt: int, conclusion: Conclusion, refolded: Refolded) -> None:
        """Ends the video as done or no_activity, and stores the events folded around it as `replace_events` does.

        Raises StaleAttempt, with nothing stored, if the video is not being sampled in that attempt.
        """
        with self._changing() as transaction:
            require_claim(transaction, video_id, attempt)
            transaction.run(
                "finish_video",
                video_id=video_id,
                status=str(VideoStatus.DONE if video_id in _lain_in(refolded.events) else VideoStatus.NO_ACTIVITY),
                reason=conclusion.reason,
                profile_digest=conclusion.profile_digest,
                exhaustive=conclusion.is_exhaustive,
                at=conclusion.at,
            )
            _replace(transaction, refolded, known={video_id})

    def replace_events(self, refolded: Refolded) -> None:
        """Puts the events in the place of those stored for the camera that ended in (after, until].

        An event stored before is overwritten wherever it ended. Whether an event lies in them, and so whether they
        are done or no_activity, is settled again for the concluded videos that have or had an event here.
        """
        with self._changing() as transaction:
            _replace(transaction, refolded)

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


def _replace(transaction: Transaction, refolded: Refolded, known: Set[str] = frozenset()) -> None:
    """Of the `known` videos it is stored already whether an event of these lies in them."""
    window = {"camera_name": refolded.camera_name, "after": refolded.after, "until": refolded.until}
    events = {event.event_id: event for event in refolded.events}
    # Two questions: asked for one or the other, DuckDB would look at every event there is.
    former = [*transaction.run("events_in_window", **window), *transaction.run("events_of", event_ids=list(events))]
    if former:
        transaction.run("delete_events", event_ids=list({row["event_id"] for row in former}))
    # Of those to come as well: details that a crash has left without their event must not be in their way.
    if forgotten := {row["event_id"] for row in former} | events.keys():
        forget_details(transaction, list(forgotten))
    insert_events(transaction, list(events.values()))
    lain_in = _lain_in(refolded.events)
    if unknown := lain_in - known:
        transaction.run("mark_done", video_ids=sorted(unknown))
    # A video that has lost an event may have another one, outside of the window: that takes a look at all events.
    if bereft := {video_id for row in former for video_id in row["video_ids"]} - lain_in:
        transaction.run("settle_videos", video_ids=sorted(bereft))
    transaction.run("forget_removed", **window)


def _lain_in(events: Sequence[Event]) -> set[str]:
    """The videos that any of the events lies in."""
    return {video_id for event in events for video_id in event.video_ids}
