"""A local source: a root folder on disk, and the video files in it, by their directory entries alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from vtrack_ray.errors import SourceError
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.sources.walk import EXTENSIONS, Problem, Walk, innermost_first, is_below, printable


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What a scan found, in the order of the folders' paths, and what it had to leave out."""

    files: tuple[FoundFile, ...]
    problems: tuple[Problem, ...]


def require_videos(paths: Iterable[Path]) -> None:
    """Raises SourceError if one of the paths does not exist, or if there is no video file at any of them.

    It ends at the first video: a run's start shall not wait for the whole of a scan, nor Ray be started for none.
    """
    starts = [_existing(path) for path in paths]
    walk = Walk(map(_folder_of, starts))
    if any(next(walk.at(start), None) for start in starts):
        return
    unread = "".join(f"\n{printable(problem.path)}: {problem.reason}" for problem in walk.problems)
    where = " and ".join(map(printable, starts))
    raise SourceError(
        f"There are no video files in {where}; folders are searched for {' '.join(sorted(EXTENSIONS))}{unread}"
    )


def scan(paths: Iterable[Path], known_sources: Iterable[str] = (), camera_name: str | None = None) -> Scan:
    """The video files at `paths` (files or folders), each once, at its path without links.

    A file belongs to the innermost known source that holds it, otherwise to the folder given, or to its own folder
    where the file itself was given; so a folder and a folder inside it can be scanned one after the other
    without finding a file twice. Links are followed inside the folders given and the known sources, not out of them.
    Raises SourceError for a path that does not exist.
    """
    starts = [_existing(path) for path in paths]
    known, given = innermost_first(known_sources), innermost_first(map(_folder_of, starts))
    walk = Walk([*known, *given])
    files: dict[str, FoundFile] = {}
    for start in starts:
        for folder, entries in walk.at(start):
            # A folder at a time: a hundred thousand files share a few thousand folders.
            source = next(root for root in (*known, _folder_of(start), *given) if is_below(folder, root))
            camera = camera_name or camera_of(folder, source)
            for path, status in entries:
                if path not in files:
                    files[path] = FoundFile(
                        source=source,
                        path=path,
                        camera_name=camera,
                        size_bytes=status.st_size,
                        modified_ns=status.st_mtime_ns,
                    )
    return Scan(files=tuple(files.values()), problems=tuple(walk.problems))


def camera_of(folder: str, source: str) -> str:
    """The camera's name of files in `folder`: the first folder under the source's root; in the root, its own name."""
    below = PurePath(folder).relative_to(source).parts
    return printable(below[0] if below else PurePath(source).name or source)


def scan_sources(roots: Iterable[str], known_sources: Iterable[str] = ()) -> Scan:
    """The video files in the roots that are there; the others are told as problems."""
    roots = list(roots)
    missing = [root for root in roots if not is_there(root)]
    found = scan([Path(root) for root in roots if root not in missing], known_sources)
    absent = [Problem(root, "the source is not there, or empty; is its disk connected?") for root in missing]
    return Scan(files=found.files, problems=(*absent, *found.problems))


def camera_folders(roots: Iterable[str]) -> list[tuple[str, str]]:
    """Name and path of the folders in the roots that stand for a camera each, by path; hidden ones stand for none."""
    return sorted(
        ((printable(entry.name), entry.path) for root in roots for entry in _folders_in(root)), key=lambda one: one[1]
    )


def _folders_in(root: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(root) as entries:
            return [entry for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return []  # it is away, as its scans tell


def is_there(root: str) -> bool:
    """Whether the root is a folder with something in it: where a disk is not mounted, its folder is empty."""
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def vanished(paths: Iterable[str]) -> list[str]:
    """Those of the paths where there is surely nothing any more; a drive that can't be asked leaves a doubt."""
    return [path for path in paths if _is_vanished(path)]


def _is_vanished(path: str) -> bool:
    if not os.path.isabs(path):
        return False  # what is at Google Drive is followed by its id
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _existing(given: Path) -> str:
    path = os.path.realpath(given)
    if not os.path.exists(path):
        raise SourceError(f"{given} does not exist; name a video file or a folder of them")
    return path


def _folder_of(start: str) -> str:
    return start if os.path.isdir(start) else os.path.dirname(start)
