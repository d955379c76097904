"""A walk through folders: which video files lie below them, links and hidden files considered. Knows no camera."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

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

_ENDINGS = tuple(EXTENSIONS)

_EARLIEST_NS, _LATEST_NS = -(2**63), 2**63 - 1
"""The years 1677 to 2262: file systems know later ones, and clocks of cameras that were never set tell them."""


class Problem(NamedTuple):
    """A file or folder that could not be looked at, and why."""

    path: str
    reason: str


class Listing(NamedTuple):
    """Video files of one folder, by name: their whole paths, without links, and what their entries say."""

    folder: str
    files: Sequence[tuple[str, os.stat_result]]


class Walk:
    """A walk that comes to every folder once, wherever it starts and whatever links there are.

    A link stands for what it leads to, at that one's own path: so a file is found once, and a loop ends. (Paths tell
    folders apart, as inode numbers do not on every network drive.) A link that leads out of the `roots`, or into a
    hidden folder, is left out and told. `problems` are what could not be looked at so far.
    """

    def __init__(self, roots: Iterable[str]) -> None:
        self.problems: list[Problem] = []
        self._roots = innermost_first(roots)
        self._visited: set[str] = set()

    def at(self, path: str) -> Iterator[Listing]:
        """The file at `path`, a path without links, or the video files in the folder there and below it."""
        return self._below(path) if os.path.isdir(path) else self._single(path, path)

    def _below(self, folder: str) -> Iterator[Listing]:
        links: list[str] = []
        waiting = [folder]
        while waiting or links:
            if not waiting:
                yield from self._followed(links.pop(), waiting)
                continue
            folder = waiting.pop()
            if folder in self._visited:
                continue
            self._visited.add(folder)
            files, folders, linked = self._listed(folder)
            waiting.extend(reversed(folders))
            links.extend(reversed(linked))
            if files:
                yield Listing(folder, files)

    def _listed(self, folder: str) -> tuple[list[tuple[str, os.stat_result]], list[str], list[str]]:
        """Video files, folders and links directly in a folder, each by name."""
        videos: list[os.DirEntry[str]] = []
        folders: list[str] = []
        links: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_symlink():
                        links.append(entry.path)
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif _is_video(entry.name):
                        videos.append(entry)
        except FileNotFoundError:
            return [], [], []  # removed since its parent was listed, with all that it held
        except OSError as error:
            self.problems.append(Problem(folder, f"{error.strerror}; what it holds was left out"))
        videos.sort(key=lambda entry: entry.name)
        files = [(entry.path, status) for entry in videos if (status := self._status(entry))]
        return files, sorted(folders), sorted(links)

    def _status(self, entry: os.DirEntry[str]) -> os.stat_result | None:
        try:
            return self._regular(entry.path, entry.stat(follow_symlinks=False))
        except FileNotFoundError:
            return None  # removed since its folder was listed
        except OSError as error:
            self._leave_out(entry.path, error.strerror)
            return None

    def _followed(self, link: str, waiting: list[str]) -> Iterator[Listing]:
        """The file that a link leads to; a folder is added to `waiting`."""
        target = os.path.realpath(link)
        try:
            is_folder = stat.S_ISDIR(os.stat(target).st_mode)
        except OSError as error:
            self._leave_out(link, f"it is a link that leads nowhere ({error.strerror})")
            return
        if not is_folder and not _is_video(os.path.basename(link)):
            return
        root = next((root for root in self._roots if is_below(target, root)), None)
        if root is None:
            to = printable(target)
            self._leave_out(link, f"it is a link to {to}, outside the source; name that one to have it looked at, too")
        elif any(part.startswith(".") for part in PurePath(target).relative_to(root).parts):
            self._leave_out(link, f"it is a link to {printable(target)}, which is hidden")
        elif is_folder:
            waiting.append(target)
        else:
            yield from self._single(target, link)

    def _single(self, path: str, given: str) -> Iterator[Listing]:
        try:
            status = self._regular(given, os.stat(path))
        except OSError as error:
            self._leave_out(given, error.strerror)
        else:
            if status:
                yield Listing(os.path.dirname(path), [(path, status)])

    def _regular(self, path: str, status: os.stat_result) -> os.stat_result | None:
        if not stat.S_ISREG(status.st_mode):
            self._leave_out(path, "it is no regular file")  # opening a pipe would wait for its writer
        elif not _EARLIEST_NS <= status.st_mtime_ns <= _LATEST_NS:
            self._leave_out(path, "its modification time is none that the database can hold; correct it with `touch`")
        else:
            return status
        return None

    def _leave_out(self, path: str, reason: str | None) -> None:
        self.problems.append(Problem(path, f"{reason}; it was left out"))


def is_below(path: str, root: str) -> bool:
    """Whether `path` is `root`, a folder, or lies in it; both are whole and without links."""
    return path == root or path.startswith(root if root.endswith(os.sep) else root + os.sep)


def innermost_first(roots: Iterable[str]) -> list[str]:
    """The folders in an order in which the first that holds a path is the innermost one."""
    return sorted(set(roots), key=len, reverse=True)


def printable(path: str) -> str:
    """The path as text for people: a name may hold bytes that are none."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _is_video(name: str) -> bool:
    return name.lower().endswith(_ENDINGS)
