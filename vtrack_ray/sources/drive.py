"""A look at a folder of Google Drive: all that lies below it, and then only what has changed. Knows no camera."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from vtrack_ray import instants
from vtrack_ray.drive.client import Drive
from vtrack_ray.drive.video import source_drive
from vtrack_ray.errors import DriveError, DriveExpired, DriveGone, SourceError
from vtrack_ray.meaning.drive_item import DriveItem, DriveLook, DriveTree, ItemKind, folder_of, source_of
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.settings import Settings
from vtrack_ray.sources.walk import EXTENSIONS

_FOLDER = "application/vnd.google-apps.folder"
_SHORTCUT = "application/vnd.google-apps.shortcut"
_ENDINGS = tuple(EXTENSIONS)
_FILE = (
    "id,name,mimeType,parents,trashed,size,md5Checksum,createdTime,modifiedTime,"
    "videoMediaMetadata(durationMillis),shortcutDetails(targetId,targetMimeType)"
)
_PAGE = 1000
_FOLDERS_AT_ONCE = 25
"""A listing may ask for so many folders together before its address is too long for a GET (2 KB)."""
_SAME_S = 90.0
"""A recorder's file is begun and ended within this of its length."""
_ADDRESS = re.compile(r"/folders/([\w-]+)|[?&]id=([\w-]+)|^drive://([\w-]+)$")
_ID = re.compile(r"[\w-]{15,}|root")


def look(source: str, tree: DriveTree, settings: Settings) -> DriveLook:
    """What is new below a source's folder since the tree was made; all of it, where there is none or it is too old.

    Raises DriveError: DriveGone where the folder is not there any more, and others.
    """
    with source_drive(settings) as drive:
        folder = _folder(drive, folder_of(source))
        if tree.page_token is not None:
            with suppress(DriveExpired):  # the changes reach back some time only; then all is looked at anew
                return _changed(drive, folder, tree)
        return _whole(drive, folder)


def trouble_with(source: str, settings: Settings) -> str | None:
    """Why a source at Google Drive can't be looked into now; None if it can."""
    try:
        with source_drive(settings, tries=2) as drive:
            _folder(drive, folder_of(source))
    except DriveError as error:
        return str(error)
    return None


def found_folder(text: str, settings: Settings) -> Source:
    """The folder that a person means: by its address, its id, or its name. Raises SourceError, DriveError."""
    with source_drive(settings) as drive:
        match = _ADDRESS.search(text)
        folder_id = next(filter(None, match.groups())) if match else text
        if match or (_ID.fullmatch(text) and not _named(drive, text)):
            told = _folder(drive, folder_id)
        else:
            told = _only(text, [*_named(drive, text), *_drives_named(drive, text)])
    return Source(source=source_of(told["id"]), kind=SourceKind.DRIVE, title=told["name"])


def _folder(drive: Drive, folder_id: str) -> dict[str, Any]:
    """The folder; a shortcut stands for what it leads to. Raises DriveError."""
    about = f"the folder {folder_id}"
    fields = f"{_FILE},driveId"
    told: dict[str, Any] = drive.ask(drive.files.get(fileId=folder_id, supportsAllDrives=True, fields=fields), about)
    if told["mimeType"] == _SHORTCUT:
        return _folder(drive, told["shortcutDetails"]["targetId"])
    if told["mimeType"] != _FOLDER:
        raise DriveGone(f"{told['name']} is no folder at Google Drive; name the one that holds the cameras' folders")
    if told.get("trashed"):
        raise DriveGone(f"The folder {told['name']} lies in Google Drive's trash; take it out")
    return told


def _named(drive: Drive, name: str) -> list[dict[str, Any]]:
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    query = f"name = '{quoted}' and mimeType = '{_FOLDER}' and trashed = false"
    return list(_listed(drive, query, None, f"folders named {name}"))


def _drives_named(drive: Drive, name: str) -> list[dict[str, Any]]:
    """Shared drives of that name; a shared drive's id is its root folder's too."""
    told = drive.ask(drive.drives.list(pageSize=100, fields="drives(id,name)"), "shared drives")
    return [one for one in told.get("drives", []) if one["name"] == name]


def _only(name: str, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if not found:
        raise SourceError(
            f"There is no folder named {name!r} at Google Drive that the account may see; share it with the account, "
            "or give its address in the browser"
        )
    if len(found) > 1:
        ids = ", ".join(one["id"] for one in found)
        raise SourceError(f"There are {len(found)} folders named {name!r} at Google Drive: give the id of one: {ids}")
    return found[0]


def _whole(drive: Drive, folder: Mapping[str, Any]) -> DriveLook:
    """All that lies below the folder. The page is asked for first: what changes meanwhile is seen twice, not never."""
    drive_id = folder.get("driveId")
    of_drive = {"driveId": drive_id} if drive_id else {}
    request = drive.changes.getStartPageToken(supportsAllDrives=True, **of_drive)
    token = drive.ask(request, "changes")["startPageToken"]
    items = {item.item_id: item for item in _below(drive, [folder["id"]], drive_id)}
    return DriveLook(page_token=token, is_whole=True, items=tuple(items.values()))


def _below(drive: Drive, folder_ids: Iterable[str], drive_id: str | None) -> Iterator[DriveItem]:
    """All items below some folders, each folder's before those of the folders in it."""
    seen = set(folder_ids)
    waiting = list(seen)
    while waiting:
        some, waiting = waiting[:_FOLDERS_AT_ONCE], waiting[_FOLDERS_AT_ONCE:]
        parents = " or ".join(f"'{folder_id}' in parents" for folder_id in some)
        for told in _listed(drive, f"({parents}) and trashed = false", drive_id, "a folder's content"):
            item = _item(told, seen)
            if item is None:
                continue
            yield item
            if item.kind is ItemKind.FOLDER and item.item_id not in seen:
                seen.add(item.item_id)
                waiting.append(item.item_id)


def _listed(drive: Drive, query: str, drive_id: str | None, about: str) -> Iterator[dict[str, Any]]:
    where = {"corpora": "drive", "driveId": drive_id} if drive_id else {}
    token = None
    while True:
        request = drive.files.list(
            q=query,
            pageToken=token,
            pageSize=_PAGE,
            supportsAllDrives=True,
            includeItemsFromAllDrives=True,
            fields=f"nextPageToken,files({_FILE})",
            **where,
        )
        page = drive.ask(request, about)
        yield from page["files"]
        token = page.get("nextPageToken")
        if token is None:
            return


def _changed(drive: Drive, folder: Mapping[str, Any], tree: DriveTree) -> DriveLook:
    """What has changed below the folder: a folder that has come into it is listed, as its content has not changed."""
    changes, token = _changes(drive, str(tree.page_token), folder.get("driveId"))
    known = {item.item_id: item for item in tree.items if item.item_id not in changes}
    known_folders = {item.item_id for item in known.values() if item.kind is ItemKind.FOLDER}
    before = {item.item_id for item in tree.items if item.kind is ItemKind.FOLDER}
    folders = {folder["id"], *known_folders, *(one for one, told in changes.items() if _is_folder(told))}
    moved = [item for told in changes.values() if told is not None and (item := _item(told, folders)) is not None]
    placed = {item.item_id: item for item in moved}
    new = [item.item_id for item in _reachable({**known, **placed}, folder["id"]).values() if _is_new(item, before)]
    placed |= {item.item_id: item for item in _below(drive, new, folder.get("driveId"))}
    kept = _reachable({**known, **placed}, folder["id"])
    gone = [item.item_id for item in tree.items if item.item_id not in kept]
    items = [item for item in placed.values() if item.item_id in kept]
    return DriveLook(page_token=token, is_whole=False, items=tuple(items), gone=tuple(gone))


def _changes(drive: Drive, token: str, drive_id: str | None) -> tuple[dict[str, dict[str, Any] | None], str]:
    """What each changed file is now, None if it is gone, and the page to go on from."""
    of_drive = {"driveId": drive_id} if drive_id else {}
    found: dict[str, dict[str, Any] | None] = {}
    while True:
        request = drive.changes.list(
            pageToken=token,
            pageSize=_PAGE,
            includeRemoved=True,
            supportsAllDrives=True,
            includeItemsFromAllDrives=True,
            fields=f"nextPageToken,newStartPageToken,changes(fileId,removed,file({_FILE}))",
            **of_drive,
        )
        page = drive.ask(request, "changes")
        for change in page["changes"]:
            told = change.get("file")
            if "fileId" in change:  # others are of shared drives themselves
                found[change["fileId"]] = None if change.get("removed") or not told or told.get("trashed") else told
        if "newStartPageToken" in page:
            return found, page["newStartPageToken"]
        token = page["nextPageToken"]


def _is_folder(told: Mapping[str, Any] | None) -> bool:
    return told is not None and told["mimeType"] == _FOLDER


def _is_new(item: DriveItem, before: set[str]) -> bool:
    return item.kind is ItemKind.FOLDER and item.item_id not in before


def _reachable(items: Mapping[str, DriveItem], root_id: str) -> dict[str, DriveItem]:
    """Those that lie below the root, through folders that are there."""
    children: dict[str, list[DriveItem]] = {}
    for item in items.values():
        children.setdefault(item.parent_id, []).append(item)
    found: dict[str, DriveItem] = {}
    waiting = [root_id]
    while waiting:
        for item in children.pop(waiting.pop(), ()):
            found[item.item_id] = item
            waiting.append(item.item_id)
    return found


def _item(told: Mapping[str, Any], folders: set[str]) -> DriveItem | None:
    """What Drive told of, if it is of any interest and lies in one of the folders."""
    parent_id = next((one for one in told.get("parents", ()) if one in folders), None)
    if parent_id is None or told["name"].startswith("."):
        return None
    kind = _kind(told)
    if kind is None:
        return None
    return DriveItem(
        item_id=told["id"],
        parent_id=parent_id,
        name=told["name"].replace("/", "\N{DIVISION SLASH}"),  # elsewhere, a slash parts folders
        kind=kind,
        size_bytes=int(told["size"]) if kind is ItemKind.VIDEO else 0,
        md5=told["md5Checksum"] if kind is ItemKind.VIDEO else "",
        modified_ns=_ended_ns(told) if kind is ItemKind.VIDEO else 0,
        target_id=told.get("shortcutDetails", {}).get("targetId") if kind is ItemKind.SHORTCUT else None,
    )


def _kind(told: Mapping[str, Any]) -> ItemKind | None:
    kind, is_named_so = told["mimeType"], told["name"].lower().endswith(_ENDINGS)
    if kind == _FOLDER:
        return ItemKind.FOLDER
    if kind == _SHORTCUT:
        target = told.get("shortcutDetails", {}).get("targetMimeType", "")
        return ItemKind.SHORTCUT if target == _FOLDER or target.startswith("video/") or is_named_so else None
    is_video = kind.startswith("video/") or is_named_so
    return ItemKind.VIDEO if is_video and "md5Checksum" in told and "size" in told else None


def _ended_ns(told: Mapping[str, Any]) -> int:
    """When the recording ended, as far as Drive knows.

    What uploads a recorder's files keeps their times: modified when the recording ended, made when it began. Where the
    two do not lie as far apart as the video is long, the earlier is the better: copies and uploads come later.
    """
    made, modified = (datetime.fromisoformat(told[name]) for name in ("createdTime", "modifiedTime"))
    length_s = int(told.get("videoMediaMetadata", {}).get("durationMillis", 0)) / 1000
    lasted_s = (modified - made).total_seconds()
    is_recording = length_s > 0 and abs(lasted_s - length_s) <= _SAME_S
    return instants.to_us(modified if is_recording else min(made, modified)) * 1000
