"""A tree of Google Drive: which videos of which cameras lie in it. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vtrack_ray.meaning.drive_item import DriveItem, DriveTree, ItemKind, content_of, folder_of, video_path
from vtrack_ray.meaning.source import Source
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.sources.local import Scan
from vtrack_ray.sources.walk import Problem, printable


def found_in(source: Source, tree: DriveTree) -> Scan:
    """The videos of a tree, each once, in the order of their folders' and their own names.

    The camera is the first folder below the source's, as in a folder on disk. A shortcut to what lies in the tree adds
    nothing to it; one that leads out of it is left out, and told.
    """
    known = {item.item_id: item for item in tree.items}
    root_id = folder_of(source.source)
    title = source.title or root_id
    places: dict[str, tuple[str, ...]] = {root_id: ()}
    files, problems = [], []
    for item in tree.items:
        place = _place(item, known, places)
        if place is None:
            continue
        folders = "/".join((title, *place))
        match item.kind:
            case ItemKind.VIDEO:
                files.append(
                    FoundFile(
                        source=source.source,
                        path=video_path(item, folders),
                        camera_name=printable(place[0] if place else title),
                        size_bytes=item.size_bytes,
                        modified_ns=item.modified_ns,
                    )
                )
            case ItemKind.SHORTCUT if item.target_id not in known and item.target_id != root_id:
                reason = "it is a shortcut to what lies outside the source; add that one to have it looked at, too"
                problems.append(Problem(f"{folders}/{item.name}", f"{reason}; it was left out"))
    files.sort(key=lambda file: file.path.partition("/")[2].partition("/")[2].partition("/")[2])
    return Scan(files=tuple(files), problems=tuple(sorted(problems)))


def has_folder(tree: DriveTree, folder_id: str) -> bool:
    """Whether a folder is known to lie in the tree."""
    return any(item.item_id == folder_id and item.kind is ItemKind.FOLDER for item in tree.items)


def only_below(folder_id: str, tree: DriveTree, scan: Scan) -> Scan:
    """Of a tree's scan, what lies in one of its folders."""
    below = _ids_below(folder_id, tree.items)
    return replace(scan, files=tuple(file for file in scan.files if content_of(file.path)[0] in below))


def _ids_below(folder_id: str, items: Iterable[DriveItem]) -> set[str]:
    children: dict[str, list[str]] = {}
    for item in items:
        children.setdefault(item.parent_id, []).append(item.item_id)
    found = set[str]()
    waiting = [folder_id]
    while waiting:
        some = children.pop(waiting.pop(), [])
        found.update(some)
        waiting += some
    return found


def _place(item: DriveItem, known: dict[str, DriveItem], places: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """The names of the folders that an item lies in, from the source's on; None if they don't lead to it."""
    above: list[DriveItem] = []
    at = item.parent_id
    while at not in places:
        folder = known.get(at)
        if folder is None or folder in above:
            return None
        above.append(folder)
        at = folder.parent_id
    place = places[at]
    for folder in reversed(above):
        place = places[folder.item_id] = (*place, folder.name)
    return place
