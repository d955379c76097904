"""The mark: how many commits a database has had, kept outside it, so that one that lost some can't pass for whole."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

log = logging.getLogger(__name__)

_BYTES = 128
"""Always that long and written over in place: a full disk has room for it, and it is never there by half."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Which database it counts for, its commits, and how many of them were found missing at its openings."""

    database: str
    commits: int
    missing: int = 0


_MARK = TypeAdapter(Mark)


def mark_path(database: Path) -> Path:
    """Where the mark of that database is."""
    return database.with_name(database.name + ".mark")


def read_mark(database: Path) -> Mark | None:
    """The database's mark; None if there is none that can be read."""
    try:
        return _MARK.validate_json(mark_path(database).read_bytes())
    except (OSError, ValueError):
        return None


class MarkFile:
    """The mark of a database that this process holds. Where it can't be written, that is logged, and no commit fails.

    Put after each commit, it is never ahead of an undamaged database; it may be behind. It is in the system's hands at
    once, and so survives the process, but is brought to the disk at the end alone: at each commit, that would take as
    long as the commit. After a power cut it may be as much behind as the system left unwritten, some 30 s.
    """

    def __init__(self, database: Path) -> None:
        self._path = mark_path(database)
        self._file: int | None = None
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            if os.fstat(self._file).st_size > _BYTES:
                os.ftruncate(self._file, 0)  # whatever that is
        except OSError as error:
            self._give_up(error)

    def put(self, mark: Mark) -> None:
        """Writes the mark."""
        if self._file is not None:
            try:
                os.pwrite(self._file, json.dumps(asdict(mark)).ljust(_BYTES - 1).encode("ascii") + b"\n", 0)
            except OSError as error:
                self._give_up(error)

    def close(self) -> None:
        """Brings the mark to the disk."""
        if self._file is not None:
            try:
                os.fsync(self._file)
                os.close(self._file)
            except OSError as error:
                log.warning("The mark %s may not be on the disk: %s", self._path, error.strerror)
            self._file = None

    def _give_up(self, error: OSError) -> None:
        log.warning(
            "The mark %s can't be written (%s): a loss of commits would not be noticed.", self._path, error.strerror
        )
        if self._file is not None:
            os.close(self._file)
            self._file = None


def lost_commits(inside: Mark | None, outside: Mark) -> int:
    """How many commits the mark outside a database counted that are not in it; `inside` is what it says itself.

    A database that says nothing has lost them all; another database is none of the mark's business.
    """
    if inside is None:
        return outside.commits
    return max(0, outside.commits - inside.commits) if inside.database == outside.database else 0


def loss(path: Path, commits: int) -> str:
    """What a person should know of commits that are missing."""
    which = "The last commit is" if commits == 1 else f"The last {commits} commits are"
    return (
        f"{which} missing from the database {path}: its log was damaged, or an older copy was put in its place. What "
        "they held of videos is done again by the next run; packing profiles set meanwhile have to be set again. Or "
        "put a backup in its place (`vtrack db restore FILE`). Once you have seen to it, delete "
        f"{mark_path(path)}, which is made anew."
    )
