"""What a Drive holds: files, folders, shortcuts and shared drives in memory, each change of them noted in its feed."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
ROOT = "0AMyDriveRootUk9PVA"


@dataclass(eq=False)
class Item:
    """A file, a folder or a shortcut. `parent` is None for the roots, and for what is shared from another's Drive."""

    id: str
    name: str
    mime_type: str
    parent: str | None
    drive_id: str | None = None
    content: bytes | Path = b""
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    is_trashed: bool = False
    is_shared_with_me: bool = False
    is_made_by_app: bool = False
    is_read_only: bool = False
    app_properties: dict[str, str] = field(default_factory=dict)
    target: str | None = None
    video: dict[str, Any] | None = None
    version: int = 1
    _md5: str | None = None

    @property
    def has_content(self) -> bool:
        return self.mime_type not in (FOLDER, SHORTCUT)

    @property
    def size(self) -> int:
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    @property
    def md5(self) -> str:
        if self._md5 is None:
            with self.opened() as source:
                self._md5 = hashlib.file_digest(source, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        return self._md5

    def opened(self) -> io.BufferedReader | io.BytesIO:
        return self.content.open("rb") if isinstance(self.content, Path) else io.BytesIO(self.content)

    def replace(self, content: bytes | Path) -> None:
        self.content, self._md5 = content, None


@dataclass(frozen=True)
class Change:
    """One entry of the feed; `drive_id` None: of My Drive."""

    number: int
    file_id: str
    drive_id: str | None
    is_removed: bool
    at: datetime


class Contents:
    """A Drive to look into and to change while it is served. Everything takes and gives ids."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.items: dict[str, Item] = {}
        self.drives: dict[str, str] = {}
        self.changes: list[Change] = []
        self.children: dict[str, dict[str, Item]] = defaultdict(dict)
        self._count = 0
        self.root = ROOT
        self.items[ROOT] = Item(ROOT, "My Drive", FOLDER, None)

    def new_id(self) -> str:
        with self.lock:
            self._count += 1
            return f"1{self._count:032x}"

    def folder(self, name: str, parent: str | None = ROOT, **more: Any) -> str:
        return self.add(Item(self.new_id(), name, FOLDER, parent, **more))

    def file(
        self,
        name: str,
        parent: str | None = ROOT,
        content: bytes | Path = b"",
        mime_type: str = "video/mp4",
        **more: Any,
    ) -> str:
        return self.add(Item(self.new_id(), name, mime_type, parent, content=content, **more))

    def shortcut(self, name: str, parent: str, target: str) -> str:
        return self.add(Item(self.new_id(), name, SHORTCUT, parent, target=target))

    def shared_drive(self, name: str) -> str:
        """A shared drive; its id is that of its root folder as well."""
        with self.lock:
            drive_id = f"0A{self.new_id()}"
            self.drives[drive_id] = name
            self.items[drive_id] = Item(drive_id, name, FOLDER, None, drive_id=drive_id)
            return drive_id

    def shared_folder(self, name: str, **more: Any) -> str:
        """A folder of somebody else's Drive, shared with the account: without a parent that it sees."""
        return self.folder(name, None, is_shared_with_me=True, **more)

    def add(self, item: Item) -> str:
        with self.lock:
            if item.parent is not None:
                item.drive_id = self.items[item.parent].drive_id
                self.children[item.parent][item.id] = item
            self.items[item.id] = item
            self.note(item)
            return item.id

    def rename(self, file_id: str, name: str) -> None:
        with self.lock:
            item = self.items[file_id]
            item.name = name
            self.note(item)

    def move(self, file_id: str, parent: str) -> None:
        with self.lock:
            item = self.items[file_id]
            if item.parent is not None:
                del self.children[item.parent][file_id]
            item.parent = parent
            self.children[parent][file_id] = item
            self.note(item)

    def trash(self, file_id: str, trashed: bool = True) -> None:
        """Only what is named gets a change: what lies in a trashed folder is in the trash without one."""
        with self.lock:
            item = self.items[file_id]
            item.is_trashed = trashed
            self.note(item)

    def replace(self, file_id: str, content: bytes | Path) -> None:
        """Another content under the same id, as a new version that is uploaded gives."""
        with self.lock:
            item = self.items[file_id]
            item.replace(content)
            item.modified_at = datetime.now(UTC)
            self.note(item)

    def delete(self, file_id: str) -> None:
        """For good, or out of the account's sight as when sharing ends."""
        with self.lock:
            item = self.items.pop(file_id)
            if item.parent is not None:
                del self.children[item.parent][file_id]
            for child in list(self.children.get(file_id, ())):
                self.delete(child)
            self._log(item, is_removed=True)

    def note(self, item: Item) -> None:
        item.version += 1
        self._log(item, is_removed=False)

    def _log(self, item: Item, is_removed: bool) -> None:
        number = len(self.changes) + 1
        self.changes.append(Change(number, item.id, item.drive_id, is_removed, datetime.now(UTC)))

    def ancestors(self, item: Item) -> Iterator[Item]:
        """The item itself, its folder, that one's folder, ..."""
        at: Item | None = item
        while at is not None:
            yield at
            at = self.items.get(at.parent) if at.parent else None

    def is_trashed(self, item: Item) -> bool:
        return any(one.is_trashed for one in self.ancestors(item))

    def named(self, name: str) -> list[Item]:
        """Those of that name, in the order in which they were made, wherever they lie."""
        with self.lock:
            return [item for item in self.items.values() if item.name == name]

    def within(self, folder: str) -> dict[str, Item]:
        """What lies in a folder, by name (of duplicates, the last)."""
        with self.lock:
            return {item.name: item for item in self.children[folder].values() if not item.is_trashed}
