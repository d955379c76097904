"""Refusals: what DuckDB's errors mean to a person, and what to do about them."""

from __future__ import annotations

from pathlib import Path

import duckdb

from vtrack_ray.errors import LedgerDamaged, LedgerError
from vtrack_ray.ledger.files import wal_path

MEND = (
    "If it was vtrack's, it is damaged: put a backup in its place (`vtrack db restore FILE`), or move it away and "
    "start anew; the videos will be read again."
)
_MEND_LOG = (
    "Put a backup in the database's place (`vtrack db restore FILE`); or move that log away, and the database is as it "
    "was before the log: `vtrack db check` then tells how many commits are missing, and the next run does what they "
    "held again."
)
_ELSEWHERE = "Make room there, correct the folder's permissions, or name a file elsewhere."
_DISK_FULL = "No space left on device"
_NO_MEMORY = "could not allocate block", "Out of Memory"


def unusable(path: Path, error: duckdb.Error) -> LedgerError:
    """Why a file can't be opened as a database."""
    if path.exists() and path.stat().st_size == 0:
        return LedgerDamaged(f"The file {path} is empty, and no database: delete it, or name another file.")
    if _DISK_FULL in str(error):
        return _disk_full(path)
    said = str(error).splitlines()[0].rstrip(".")
    if any(words in str(error) for words in _NO_MEMORY):
        return LedgerError(
            f"The database {path} can't be opened for want of memory, and was left as it is: {said}. "
            "End other programs, or open it on a machine with more."
        )
    if "WAL" in said:
        return LedgerDamaged(f"The log {wal_path(path)} of the database can't be read: {said}. {_MEND_LOG}")
    return LedgerDamaged(f"The file {path} can't be read as a database: {said}. {MEND}")


def refusal(path: Path, error: duckdb.Error) -> LedgerError:
    """Why an open database did not do what it was asked to."""
    if _DISK_FULL in str(error):
        return _disk_full(path)
    if "Corrupt database file" in str(error):
        said = str(error).splitlines()[0].rstrip(".")
        return LedgerDamaged(f"The database {path} is damaged: {said}. `vtrack db check` tells which tables are.")
    return LedgerError(f"The database {path} refused: {error}")


def uncopied(path: Path, copy: Path, error: OSError | duckdb.Error) -> LedgerError:
    """Why an open database could not be copied."""
    if isinstance(error, OSError):
        return LedgerError(f"The copy {copy} can't be written: {error.strerror}. {_ELSEWHERE}")
    if _DISK_FULL in str(error):
        return LedgerError(f"The copy {copy} can't be written: the disk is full. {_ELSEWHERE}")
    return refusal(path, error)


def _disk_full(path: Path) -> LedgerError:
    return LedgerError(
        f"The disk with the database {path} is full. Make room and start the same command again: what was finished is "
        "kept."
    )
