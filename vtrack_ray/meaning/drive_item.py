"""A Drive item: a folder, a video or a shortcut below a source at Google Drive, as Drive told of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SCHEME = "drive://"


class ItemKind(StrEnum):
    """What an item is."""

    FOLDER = "folder"
    VIDEO = "video"
    SHORTCUT = "shortcut"


@dataclass(frozen=True, kw_only=True)
class DriveItem:
    """One item; ids are Drive's. `md5` in hexadecimal and `size_bytes` are a video's, `target_id` a shortcut's.

    `modified_ns` is when a video's recording ended, as far as Drive knows, in nanoseconds since 1970.
    """

    item_id: str
    parent_id: str
    name: str
    kind: ItemKind
    size_bytes: int = 0
    md5: str = ""
    modified_ns: int = 0
    target_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class DriveTree:
    """What is known to lie below a source's folder, and the page of Drive's changes to go on from; None: nothing is."""

    page_token: str | None = None
    items: tuple[DriveItem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DriveLook:
    """What a look at a source found: all of it, or what has changed. `gone` are ids of items no longer below it."""

    page_token: str
    is_whole: bool
    items: tuple[DriveItem, ...]
    gone: tuple[str, ...] = ()

    def applied_to(self, tree: DriveTree) -> DriveTree:
        """The tree after it."""
        if self.is_whole:
            return DriveTree(page_token=self.page_token, items=self.items)
        replaced = {item.item_id for item in self.items}.union(self.gone)
        kept = (item for item in tree.items if item.item_id not in replaced)
        return DriveTree(page_token=self.page_token, items=(*kept, *self.items))


def source_of(folder_id: str) -> str:
    """How a source at Google Drive is named."""
    return SCHEME + folder_id


def folder_of(source: str) -> str:
    """The id of a source's folder at Google Drive."""
    return source.removeprefix(SCHEME)


def video_path(item: DriveItem, folders: str) -> str:
    """Where a video is: an address that names its bytes, by id and MD5, and then, for people, its folders and name."""
    return f"{SCHEME}{item.item_id}:{item.md5}/{folders}/{item.name}"


def content_of(path: str) -> tuple[str, str]:
    """Id and MD5 of the video at an address."""
    item_id, _, md5 = path.removeprefix(SCHEME).partition("/")[0].partition(":")
    return item_id, md5
