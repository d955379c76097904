"""The database file: opening, holding, transactions and copies of it. Knows no table."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import duckdb

from vtrack_ray.errors import LedgerDamaged, LedgerError, LedgerHeld
from vtrack_ray.ledger import migrations
from vtrack_ray.ledger.transaction import Transaction

_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_RETRY_S = 0.1
READER_S = 3.0
"""How long to wait for a reader, who holds the file for a moment only."""
_MAGIC = slice(8, 12), b"DUCK"
"""Where DuckDB's files say that they are one, and how (https://duckdb.org/docs/stable/internals/storage)."""
_MEND = (
    "If it was vtrack's, it is damaged: move it away and put a backup in its place, or start anew; "
    "the videos will be read again."
)
_THREADS = 2
"""Enough for tables of this size; the cores are for sampling."""


class Database:
    """One DuckDB file, held by one process. Safe to use from several threads."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._connection = connection
        self._writing = Lock()

    @classmethod
    def open(cls, path: Path | str, *, read_only: bool = False, wait_s: float = 0.0, memory_limit: str = "1GB") -> Self:
        """Opens the file, making it and its folder if need be, and brings its schema up to date.

        A held file is tried again for `wait_s` seconds. Raises LedgerHeld, LedgerDamaged (no database of ours, or a
        newer version's) or LedgerError (not allowed, or missing in read-only mode).
        """
        path = Path(path).absolute()
        if read_only and not path.exists():
            raise LedgerError(f"There is no database {path}: nothing has been run yet. Start with `vtrack run`.")
        connection = _connect(path, read_only=read_only, wait_s=wait_s, memory_limit=memory_limit)
        try:
            (migrations.require_current if read_only else migrations.migrate)(connection)
        except LedgerError as error:
            connection.close()
            raise type(error)(f"The database {path} {error}.") from error
        except duckdb.Error as error:
            connection.close()
            raise _damaged(path, error) from error
        return cls(path, connection, read_only=read_only)

    def close(self) -> None:
        """Lets go of the file; writes under way are finished first."""
        with self._writing:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def backup(self, path: Path | str) -> None:
        """Writes a copy of the database as it is now to `path`, replacing a former copy only when it is whole."""
        path = Path(path).absolute()
        if path == self.path:
            raise LedgerError(f"A copy of {path} can't be written over itself; name another file.")
        half = path.with_name(path.name + ".part")
        with self._writing, self._errors(), closing(self._connection.cursor()) as cursor:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                half.unlink(missing_ok=True)
                cursor.execute(f"ATTACH {_quoted(str(half))} AS copy_of_ledger")
                try:
                    # The catalog is named after the file; only DuckDB knows how it spells it.
                    name = (cursor.execute("SELECT current_database()").fetchone() or ("",))[0]
                    cursor.execute(f'COPY FROM DATABASE "{name}" TO copy_of_ledger')
                finally:
                    cursor.execute("DETACH copy_of_ledger")
                half.replace(path)
            except OSError as error:
                raise LedgerError(f"The copy {path} can't be written: {error.strerror}.") from error

    @contextmanager
    def _reading(self) -> Iterator[Transaction]:
        """A transaction that sees one state of the database, whatever is written meanwhile."""
        with self._errors(), closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN READ ONLY")
            yield Transaction(cursor)
            cursor.execute("COMMIT")

    @contextmanager
    def _changing(self) -> Iterator[Transaction]:
        """A transaction that is committed at the end, and undone on any exception. One at a time."""
        if self.read_only:
            raise LedgerError(f"The database {self.path} was opened for reading only.")
        with self._writing, self._errors(), closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN")
            yield Transaction(cursor)
            cursor.execute("COMMIT")
            # On an exception the cursor is closed with its transaction open, which undoes it.

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise LedgerError(f"The database {self.path} refused: {error}") from error


def _connect(path: Path, *, read_only: bool, wait_s: float, memory_limit: str) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            return _connect_once(path, read_only=read_only, memory_limit=memory_limit)
        except LedgerHeld:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_RETRY_S)


def _connect_once(path: Path, *, read_only: bool, memory_limit: str) -> duckdb.DuckDBPyConnection:
    try:
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            with path.open("rb" if read_only else "r+b") as file:  # for the system's own word on what is wrong
                _require_database(path, file.read(_MAGIC[0].stop))
        elif not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, "its folder may not be written")
        return duckdb.connect(
            path,
            read_only=read_only,
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "memory_limit": memory_limit,
                "threads": _THREADS,
            },
        )
    except OSError as error:
        raise LedgerError(
            f"The database {path} can't be opened: {error.strerror}. Correct its permissions or name another file."
        ) from error
    except duckdb.ConnectionException as error:  # this process has it open with another configuration
        raise LedgerHeld(f"The database {path} is already open in this process.") from error
    except duckdb.Error as error:
        holder = _HOLDER.search(str(error))
        if holder:
            raise LedgerHeld(
                f"The database {path} is held by process {holder['pid']} ({holder['program']}); "
                f"stop that one, or wait until it is done."
            ) from error
        if "Cannot open file" in str(error):
            raise LedgerError(f"The database {path} can't be opened: {error}") from error
        raise _damaged(path, error) from error


def _require_database(path: Path, begin: bytes) -> None:
    """Raises LedgerDamaged unless a file that begins so is DuckDB's, or empty: its owner may just be making it.

    DuckDB itself would read a JSON, CSV or Parquet file into memory, and keep nothing of what is written.
    """
    where, magic = _MAGIC
    if begin and begin[where] != magic:
        raise LedgerDamaged(
            f"The file {path} is no DuckDB database, and was left as it is. Name another file for the database. {_MEND}"
        )


def _damaged(path: Path, error: duckdb.Error) -> LedgerDamaged:
    if path.exists() and path.stat().st_size == 0:
        return LedgerDamaged(f"The file {path} is empty, and no database: delete it, or name another file.")
    return LedgerDamaged(f"The file {path} can't be read as a database: {error}. {_MEND}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
