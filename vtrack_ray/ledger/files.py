"""The files of a database: its log, and how one file takes another's place for good. Knows nothing of their content."""

from __future__ import annotations

import os
from pathlib import Path


def wal_path(database: Path) -> Path:
    """Where DuckDB has the write-ahead log of that database, if it has one."""
    return database.with_name(database.name + ".wal")


def replace_durably(source: Path, target: Path) -> None:
    """Puts a file in the place of another, in one step and for good; both are in one folder."""
    with source.open("rb") as file:
        os.fsync(file.fileno())
    source.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Brings to the disk what was renamed in the folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(half: Path) -> None:
    """Removes what is left of a copy that was cut off."""
    for path in (half, wal_path(half)):
        path.unlink(missing_ok=True)
