"""A restoration: a backup that was looked through takes a database's place, which is kept aside."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from vtrack_ray.errors import LedgerDamaged, LedgerError, LedgerHeld
from vtrack_ray.ledger.files import discard, replace_durably, sync_folder, wal_path
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.mark import Mark, MarkFile, mark_path
from vtrack_ray.pipeline.audit import Audit, audit


class Restored(NamedTuple):
    """Where the former database is, if there was one, and what the backup was found to hold."""

    kept: Path | None
    audit: Audit


def dated(database: Path, at: datetime, word: str = "") -> Path:
    """A name beside the database that says when: `vtrack-20261101T080000Z.duckdb`."""
    return database.with_name(f"{database.stem}{word}-{at:%Y%m%dT%H%M%SZ}{database.suffix}")


def restore(backup: Path, database: Path, at: datetime) -> Restored:
    """Puts a copy of `backup` in the place of `database`, in one step; `at` is UTC.

    Raises LedgerHeld if either is in use, LedgerDamaged if the backup is no database of ours, a newer version's, or
    not sound, LedgerError if it can't be read or the copy not be written. The database is as it was then.
    """
    if not backup.exists():
        raise LedgerError(f"There is no file {backup}; name a backup, as `vtrack db backup` writes it.")
    if database.exists() and database.samefile(backup):
        raise LedgerError(f"{backup} is the database itself; name a backup of it.")
    _require_unheld(backup)
    incoming = database.with_name(database.name + ".restoring")
    try:
        with _kept_from_others(database):
            try:
                looked = _looked_through(backup, incoming)
                with _kept_aside(database, dated(database, at, "-replaced")) as kept:
                    replace_durably(incoming, database)
                    _exchange_mark(database, kept, looked.commits)
            finally:
                discard(incoming)
    except OSError as error:
        raise LedgerError(
            f"{backup} can't be put in the place of {database}: {error.strerror}. The database is as it was."
        ) from error
    return Restored(kept, looked)


def _looked_through(backup: Path, incoming: Path) -> Audit:
    """Copies the backup, brings the copy's schema up to date, and reads all of it."""
    incoming.parent.mkdir(parents=True, exist_ok=True)
    discard(incoming)
    shutil.copyfile(backup, incoming)
    if wal_path(backup).exists():
        shutil.copyfile(wal_path(backup), wal_path(incoming))
    try:
        Ledger.open(incoming).close()
        mark_path(incoming).unlink(missing_ok=True)
        with Ledger.open(incoming, read_only=True) as ledger:
            found = audit(ledger, backup, ledger.standing_commits())  # there is no mark of a copy
    except LedgerError as error:
        said = str(error).replace(str(incoming), str(backup))
        raise type(error)(f"{said} The database was left as it was.") from error
    if found.faults:
        raise LedgerDamaged(
            "\n".join([f"The backup {backup} is not sound; the database was left as it was.", *found.faults])
        )
    return found


@contextmanager
def _kept_aside(database: Path, kept: Path) -> Iterator[Path | None]:
    """Gives the database and its log a second name, and takes the log away from the first; an OSError in the block has
    all of it be as it was.

    A log of one database beside another is refused by DuckDB: so it goes first. Should this process be killed right
    after that, all of it is there under the second name.
    """
    is_there = database.exists()
    if is_there:
        try:
            os.link(database, kept)
        except FileExistsError:
            raise
        except OSError:  # a file system without links: for a moment, there is no database
            database.rename(kept)
    try:
        if wal_path(database).exists():
            wal_path(database).replace(wal_path(kept))
        sync_folder(database.parent)
        yield kept if is_there else None
    except OSError:
        _put_back(kept, database)
        raise


def _put_back(kept: Path, database: Path) -> None:
    """Has the former database, its log and its mark be what they were. Raises LedgerError, with where they are."""
    try:
        if not kept.exists():
            database.unlink(missing_ok=True)
        elif database.exists() and kept.samefile(database):
            kept.unlink()  # to rename one name of a file to another does nothing
        else:
            kept.replace(database)
        for path in (wal_path, mark_path):
            if path(kept).exists():
                path(kept).replace(path(database))
    except OSError as error:
        raise LedgerError(
            f"The database {database} was to be put back, and can't be: {error.strerror}. Nothing of it is lost: what "
            f"is not in its place, such as its log {wal_path(database).name}, is beside it and begins with {kept.stem}."
        ) from error


def _exchange_mark(database: Path, kept: Path | None, commits: Mark | None) -> None:
    """The mark counted for the former database, and goes with it."""
    mark = mark_path(database)
    if kept and mark.exists():
        mark.replace(mark_path(kept))
    mark.unlink(missing_ok=True)
    if commits:
        file = MarkFile(database)
        file.put(commits)
        file.close()


def _require_unheld(path: Path) -> None:
    """Raises LedgerHeld, with the holder's name, if somebody uses the database; one that can't be read nobody uses."""
    try:
        Ledger.open(path, read_only=True).close()
    except LedgerHeld:
        raise
    except LedgerError:
        return


@contextmanager
def _kept_from_others(database: Path) -> Iterator[None]:
    """Holds the lock that DuckDB takes on its file: nobody opens the database while it is exchanged."""
    if not database.exists():
        yield
        return
    _require_unheld(database)
    with database.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LedgerHeld(
                f"The database {database} has just been opened by another process; stop that one."
            ) from error
        yield
