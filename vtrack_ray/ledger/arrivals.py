"""Arrivals: found files that are not known yet, and the videos whose place they take."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.events import forget_codes
from vtrack_ray.ledger.transaction import Transaction
from vtrack_ray.ledger.values import Registered
from vtrack_ray.ledger.video_rows import videos_of
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.text import storable


class Arrivals(Database):
    """Queries about files that a scan found."""

    def unknown(self, video_ids: Sequence[str]) -> list[str]:
        """Those of the ids that no video has, in their order: of a scan with nothing new, nothing else need be sent."""
        with self._reading() as transaction:
            new = _unknown(transaction, video_ids)
        return [video_id for video_id in video_ids if video_id in new]

    def lookalikes(self, files: Sequence[FoundFile]) -> list[str]:
        """Where other videos lie that may be the unknown ones of these files under a former name.

        They have the camera, size and modification time of one of them. Those paths at which there is nothing any
        more, and only those, are what `register` is to be told as vanished.
        """
        with self._reading() as transaction:
            return sorted({row["path"] for row in _lookalikes(transaction, _by_id(files), None)})

    def register(self, files: Sequence[FoundFile], at: datetime, vanished: Sequence[str] = ()) -> Registered:
        """Adds the files not known yet as pending; of several with one path, the last one stands.

        A file takes the place of the video known at its path, and of those at the `vanished` paths that it looks like
        (see `lookalikes`): it was moved, and one packing is not to be found twice. Other videos whose files are gone
        stay, with their events.
        """
        by_id = _by_id(files)
        with self._changing() as transaction:
            unknown = _unknown(transaction, list(by_id))
            added = {video_id: file for video_id, file in by_id.items() if video_id in unknown}
            paths = [file.path for file in added.values()]
            at_path = {row["path"]: row["video_id"] for row in transaction.run("videos_at_paths", paths=paths)}
            moved = _lookalikes(transaction, added, vanished) if vanished else []
            replaced = {*at_path.values(), *(row["video_id"] for row in moved)} - by_id.keys()
            if replaced:
                remove_videos(transaction, sorted(replaced))
            if added:
                transaction.run("insert_videos", **_columns(added), at=at)
            removed = videos_of(transaction.run("removed_videos"))
        changed = {video_id for video_id, file in added.items() if file.path in at_path}
        changed.update(row["added_id"] for row in moved)
        return Registered(
            new=tuple(video_id for video_id in added if video_id not in changed),
            changed=tuple(video_id for video_id in added if video_id in changed),
            known=tuple(video_id for video_id in by_id if video_id not in added),
            removed=tuple(removed),
        )


def _by_id(files: Iterable[FoundFile]) -> dict[str, FoundFile]:
    return {file.video_id: file for file in {file.path: file for file in files}.values()}


def _unknown(transaction: Transaction, video_ids: Sequence[str]) -> set[str]:
    return {row["video_id"] for row in transaction.run("unknown_videos", video_ids=json.dumps(video_ids))}


def _lookalikes(
    transaction: Transaction, files: Mapping[str, FoundFile], at_paths: Sequence[str] | None
) -> list[dict[str, str]]:
    columns = _columns(files)
    del columns["sources"]
    return transaction.run("lookalikes", **columns, at_paths=at_paths) if files else []


def _columns(files: Mapping[str, FoundFile]) -> dict[str, str]:
    """The files as JSON lists, one a column: a third of what rows cost, which name each value."""
    columns = {
        "video_ids": list(files),
        "sources": [storable(file.source) for file in files.values()],
        "paths": [storable(file.path) for file in files.values()],
        "camera_names": [storable(file.camera_name) for file in files.values()],
        "sizes_bytes": [file.size_bytes for file in files.values()],
        "modified_ns": [file.modified_ns for file in files.values()],
    }
    return {name: json.dumps(values, ensure_ascii=False) for name, values in columns.items()}


def remove_videos(transaction: Transaction, video_ids: Sequence[str]) -> None:
    """Forgets videos with their logs and events, but remembers that their neighbours' events are to be folded again."""
    gone = transaction.run("delete_events_touching", video_ids=video_ids)
    forget_codes(transaction, [(row["event_id"], row["tracking_codes"]) for row in gone])
    transaction.run("delete_logs", video_ids=video_ids)
    transaction.run("remember_removed", video_ids=video_ids)
    transaction.run("delete_videos", video_ids=video_ids)
    transaction.run("settle_videos", video_ids=[video_id for row in gone for video_id in row["video_ids"]])
