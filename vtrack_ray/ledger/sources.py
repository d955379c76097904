"""The tables of sources: where the service looks for videos, and what it knows to lie at Google Drive."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from vtrack_ray.ledger.arrivals import remove_videos
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.transaction import rows_json
from vtrack_ray.ledger.values import Elsewhere
from vtrack_ray.meaning.drive_item import DriveItem, DriveLook, DriveTree, ItemKind
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.meaning.video import FoundFile, StartBasis
from vtrack_ray.text import storable

_AWAY = "its source can't be looked into"


class Sources(Database):
    """Queries about sources."""

    def roots(self) -> list[str]:
        """The sources' names, in order."""
        return [source.source for source in self.added_sources()]

    def added_sources(self) -> list[Source]:
        """The sources, in the order of their names."""
        with self._reading() as transaction:
            rows = transaction.run("sources_added")
        return [Source(**{**row, "kind": SourceKind(row["kind"])}) for row in rows]

    def add_root(
        self, source: str, at: datetime, kind: SourceKind = SourceKind.FOLDER, title: str | None = None
    ) -> bool:
        """Adds a source, and says whether it was none before."""
        with self._changing() as transaction:
            return bool(transaction.run("add_source", source=source, at=at, kind=str(kind), title=title))

    def remove_root(self, source: str) -> bool:
        """Removes a source, and says whether it was one; what is known of its videos stays."""
        with self._changing() as transaction:
            transaction.run("forget_drive_items", source=source)
            return bool(transaction.run("remove_source", source=source))

    def note_look(self, source: str, at: datetime, trouble: str | None) -> None:
        """Records that a source was looked into, or why it could not be."""
        with self._changing() as transaction:
            transaction.run("note_look", source=source, at=at, trouble=trouble)

    def drive_tree(self, source: str) -> DriveTree:
        """What is known to lie below a source at Google Drive."""
        with self._reading() as transaction:
            page = transaction.run("page_token", source=source)
            rows = transaction.run("drive_items", source=source)
        items = (DriveItem(**{**row, "kind": ItemKind(row["kind"])}) for row in rows)
        return DriveTree(page_token=page[0]["page_token"] if page else None, items=tuple(items))

    def drive_camera_folders(self) -> list[tuple[str, str]]:
        """Name and address of the folders that stand for a camera each in sources at Google Drive."""
        with self._reading() as transaction:
            return [(row["name"], row["path"]) for row in transaction.run("drive_camera_folders")]

    def keep_drive_look(self, source: str, look: DriveLook) -> None:
        """Takes in what a look found, together with the page that the next one goes on from."""
        with self._changing() as transaction:
            if not transaction.run("turn_page", source=source, page_token=look.page_token):
                return  # it was removed meanwhile
            if look.is_whole:
                transaction.run("forget_drive_items", source=source)
            else:
                replaced = [*look.gone, *(item.item_id for item in look.items)]
                transaction.run("remove_drive_items", source=source, item_ids=json.dumps(replaced))
            if look.items:
                transaction.run("add_drive_items", source=source, rows=rows_json(map(asdict, look.items)))

    def drive_videos_elsewhere(self, files: Sequence[FoundFile]) -> list[Elsewhere]:
        """What is known of the found files at Google Drive that have other addresses or cameras by now."""
        if not files:
            return []
        with self._reading() as transaction:
            rows = transaction.run("drive_videos_elsewhere", **_columns({file.video_id: file for file in files}))
        return [
            Elsewhere(**{**row, "start_basis": StartBasis(row["start_basis"]) if row["start_basis"] else None})
            for row in rows
        ]

    def follow_drive(self, renamed: Sequence[Elsewhere], replaced: Sequence[str]) -> None:
        """Renames videos, and forgets others, whose neighbours' events are to be folded again then (see `register`)."""
        with self._changing() as transaction:
            if replaced:
                remove_videos(transaction, replaced)
            if renamed:
                transaction.run(
                    "rename_videos",
                    video_ids=json.dumps([one.video_id for one in renamed]),
                    paths=json.dumps([storable(one.found_path) for one in renamed], ensure_ascii=False),
                    sources=json.dumps([one.found_source for one in renamed]),
                )

    def put_off_source(self, source: str, reason: str, until: datetime) -> None:
        """Has nothing of a source begun before that instant; no failure is counted."""
        with self._changing() as transaction:
            transaction.run("put_off_source", source=source, reason=f"{_AWAY}: {reason}", until=until)

    def resume_source(self, source: str) -> None:
        """Has what was put off with a source begun again."""
        with self._changing() as transaction:
            transaction.run("resume_source", source=source, prefix=_AWAY)


def _columns(files: Mapping[str, FoundFile]) -> dict[str, str]:
    columns = {
        "video_ids": list(files),
        "paths": [storable(file.path) for file in files.values()],
        "camera_names": [storable(file.camera_name) for file in files.values()],
        "sources": [file.source for file in files.values()],
    }
    return {name: json.dumps(values, ensure_ascii=False) for name, values in columns.items()}
