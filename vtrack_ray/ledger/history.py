"""The table of what the service did and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.transaction import Row, rows_json
from vtrack_ray.ledger.values import HistoryFilter
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.text import storable


class History(Database):
    """Queries about the service's history."""

    def record(self, occurrences: Sequence[Occurrence]) -> None:
        """Adds to the history, in that order."""
        if occurrences:
            with self._changing() as transaction:
                transaction.run("record_occurrences", occurrences=rows_json(map(_row_of, occurrences)))

    def record_all(self, told: Sequence[tuple[Sequence[Occurrence]]]) -> list[None]:
        """Does for each of these what `record` does, all in one transaction."""
        self.record([one for (occurrences,) in told for one in occurrences])
        return [None] * len(told)

    def history(self, history_filter: HistoryFilter | None = None) -> list[Occurrence]:
        """The latest occurrences that pass the filter, earliest first."""
        wanted = history_filter or HistoryFilter()
        with self._reading() as transaction:
            rows = transaction.run(
                "history",
                kinds=wanted.kinds or None,
                cameras=wanted.cameras or None,
                video_ids=wanted.video_ids,
                since=wanted.since,
                until=wanted.until,
                after_id=wanted.after_id,
                most=wanted.most,
            )
        return [_occurrence_of(row) for row in rows]

    def forget_history(self, before: datetime) -> int:
        """Drops what happened before that instant, and says how many occurrences that were."""
        with self._changing() as transaction:
            return len(transaction.run("forget_history", before=before))


def _row_of(one: Occurrence) -> Row:
    return {
        "happened_at": one.at,
        "kind": str(one.kind),
        "camera_name": one.camera_name,
        "video_id": one.video_id,
        "attempt": one.attempt,
        "node": one.node,
        "text": one.text,
        "figures": {storable(name): value for name, value in one.figures.items()},
    }


def _occurrence_of(row: Row) -> Occurrence:
    return Occurrence(at=row.pop("happened_at"), kind=OccurrenceKind(row.pop("kind")), **row)
