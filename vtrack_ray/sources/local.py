"""A local source: a root folder on disk, and the video files in it, by their directory entries alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vtrack_ray.errors import SourceError
from vtrack_ray.meaning.video import FoundFile

EXTENSIONS = frozenset(
    (
        ".mp4",
        ".m4v",
        ".mov",
        ".mkv",
        ".webm",
        ".avi",
        ".flv",
        ".wmv",
        ".asf",
        ".ts",
        ".mts",
        ".m2ts",
        ".mpg",
        ".mpeg",
        ".vob",
        ".3gp",
        ".mjpg",
        ".mjpeg",
        ".dav",
    )
)
"""What a folder is searched for; a file that is named itself is taken whatever its name ends in."""


class Problem(NamedTuple):
    """A file or folder that could not be looked at, and why."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What a scan found, in the order of the paths, and what it had to leave out."""

    files: tuple[FoundFile, ...]
    problems: tuple[Problem, ...]


def require_videos(paths: Iterable[Path]) -> None:
    """Raises SourceError if one of the paths does not exist, or if there is no video file at any of them.

    It ends at the first video: a run's start shall not wait for the whole of a scan, nor Ray be started for none.
    """
    paths = list(paths)
    for path in paths:
        _require_existing(path)
    problems: list[Problem] = []
    if any(next(_entries(path, problems), None) for path in paths):
        return
    unread = "".join(f"\n{problem.path}: {problem.reason}" for problem in problems)
    where = " and ".join(map(str, paths))
    raise SourceError(
        f"There are no video files in {where}; folders are searched for {' '.join(sorted(EXTENSIONS))}{unread}"
    )


def scan(paths: Iterable[Path], known_sources: Iterable[str] = (), camera_name: str | None = None) -> Scan:
    """The video files at `paths` (files or folders).

    A file belongs to the innermost known source that holds it, otherwise to the folder given, or to its own folder
    where the file itself was given; so a folder and a folder inside it can be scanned one after the other without
    finding a file twice. Raises SourceError for a path that does not exist.
    """
    known = sorted((Path(source) for source in known_sources), key=lambda p: len(p.parts), reverse=True)
    files: dict[str, FoundFile] = {}
    problems: list[Problem] = []
    for given in paths:
        path = _require_existing(given)
        default_source = path if path.is_dir() else path.parent
        for entry in _entries(path, problems):
            source = next((root for root in known if entry.is_relative_to(root)), default_source)
            try:
                found = _found(entry, source, camera_name)
            except OSError as error:
                problems.append(Problem(str(entry), f"{error.strerror}; it was left out"))
            else:
                files.setdefault(found.path, found)
    return Scan(files=tuple(files.values()), problems=tuple(problems))


def camera_of(path: Path, source: Path) -> str:
    """The camera's name: the first folder under the source's root; the root's own name for a file directly in it."""
    below = path.relative_to(source).parts
    name = below[0] if len(below) > 1 else source.name or str(source)
    # A folder's name may hold bytes that are no text; a camera's name is for people.
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _found(path: Path, source: Path, camera_name: str | None) -> FoundFile:
    stat = path.stat()
    return FoundFile(
        source=str(source),
        path=str(path),
        camera_name=camera_name or camera_of(path, source),
        size_bytes=stat.st_size,
        modified_ns=stat.st_mtime_ns,
    )


def _require_existing(given: Path) -> Path:
    path = Path(os.path.realpath(given))
    if not path.exists():
        raise SourceError(f"{given} does not exist; name a video file or a folder of them")
    return path


def _entries(path: Path, problems: list[Problem]) -> Iterator[Path]:
    return _videos_below(path, problems) if path.is_dir() else iter((path,))


def _videos_below(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        problems.append(Problem(str(error.filename), f"{error.strerror}; what it holds was left out"))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in EXTENSIONS:
                yield Path(parent, name)
