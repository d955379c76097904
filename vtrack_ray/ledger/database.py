"""The database file: opening, holding, transactions and copies of it. Knows no table."""

from __future__ import annotations

import errno
import logging
import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import duckdb

from vtrack_ray.errors import LedgerDamaged, LedgerError, LedgerHeld
from vtrack_ray.ledger import migrations
from vtrack_ray.ledger.files import discard, replace_durably, wal_path
from vtrack_ray.ledger.mark import Mark, MarkFile, loss, lost_commits, read_mark
from vtrack_ray.ledger.refusals import MEND, refusal, uncopied, unusable
from vtrack_ray.ledger.transaction import Transaction

log = logging.getLogger(__name__)

_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_RETRY_S = 0.1
READER_S = 3.0
"""How long to wait for a reader, who holds the file for a moment only."""
_MAGIC = slice(8, 12), b"DUCK"
"""Where DuckDB's files say that they are one, and how (https://duckdb.org/docs/stable/internals/storage)."""
_AT_FAULT = (duckdb.ConstraintException, duckdb.InternalException, duckdb.FatalException)
"""What a change may end with that meets a broken index."""
_THREADS = 1
"""Of its own, for all queries: a second one has small queries wait for each other (p95 of a look-up under load: 168 ms
in place of 36), and takes from the samplers' cores."""
_MEMORY = "15%"
"""Of what this process may have: the indexes of a million videos' events are made in some 800 MB."""
_LOOKED_UP = 1000
"""Of a list of so many keys at most, each is looked up in an index: by itself, DuckDB reads all rows from 51 on."""
_LOG = "128MB"
"""So long the log of changes may grow until they are put in the tables: with DuckDB's own 16 MB, that is nearly half of
what concluding a video costs beside a million, as it has all indexes be read anew. As much is read back in a second."""
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "checkpoint_threshold": _LOG,
    "dynamic_or_filter_threshold": _LOOKED_UP,
    "memory_limit": _MEMORY,
    "threads": _THREADS,
}


class Database:
    """One DuckDB file, held by one process. Safe to use from several threads."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._connection = connection
        self._writing = Lock()
        self._mark = Mark(database="", commits=0)
        self._mark_file: MarkFile | None = None

    @classmethod
    def open(
        cls, path: Path | str, *, read_only: bool = False, wait_s: float = 0.0, memory_limit: str = _MEMORY
    ) -> Self:
        """Opens the file, making it and its folder if need be, and brings its schema up to date.

        A held file is tried again for `wait_s` seconds. Where the last owner was killed, indexes are made anew, which
        takes some ten seconds for a million events. Raises LedgerHeld, LedgerDamaged (no database of ours, or a newer
        version's) or LedgerError (not allowed, or missing in read-only mode).
        """
        path = Path(path).absolute()
        if read_only and not path.exists():
            raise LedgerError(f"There is no database {path}: nothing has been run yet. Start with `vtrack run`.")
        is_new = not path.exists()
        connection, was_cut_off = _connect(path, read_only=read_only, wait_s=wait_s, memory_limit=memory_limit)
        try:
            if read_only:
                migrations.require_current(connection)
                if was_cut_off:
                    _distrust_indexes(path, connection)
            else:
                migrations.migrate(connection)
                _settle(path, connection, was_cut_off=was_cut_off)
        except LedgerError as error:
            connection.close()
            raise type(error)(f"The database {path} {error}.") from error
        except duckdb.Error as error:
            connection.close()
            raise unusable(path, error) from error
        database = cls(path, connection, read_only=read_only)
        if not read_only:
            try:
                database._begin_counting(is_new=is_new)
            except BaseException:
                connection.close()
                raise
        return database

    def close(self) -> None:
        """Lets go of the file; writes under way are finished first."""
        with self._writing:
            self._connection.close()
            if self._mark_file:
                self._mark_file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def backup(self, path: Path | str) -> None:
        """Writes a copy of the database as it is now to `path`, replacing a former copy only when it is whole.

        Writers wait meanwhile. Raises LedgerError if the copy can't be written, or `path` is a file of another kind or
        a database in use, LedgerDamaged if this database can't be read to its end.
        """
        path = Path(path).absolute()
        half = path.with_name(path.name + ".part")
        with self._writing, closing(self._copying()) as cursor:
            try:
                self._require_place(path)
                path.parent.mkdir(parents=True, exist_ok=True)
                discard(half)
                try:
                    self._copy(cursor, half)
                    replace_durably(half, path)
                finally:
                    discard(half)
            except (OSError, duckdb.Error) as error:
                raise uncopied(self.path, path, error) from error

    def _copying(self) -> duckdb.DuckDBPyConnection:
        """A connection that may write a copy: DuckDB lets none write that was opened for reading, to whatever file."""
        return duckdb.connect(":memory:", config=_CONFIG) if self.read_only else self._connection.cursor()

    def _copy(self, cursor: duckdb.DuckDBPyConnection, half: Path) -> None:
        if self.read_only:
            cursor.execute(f"ATTACH {_quoted(str(self.path))} AS ledger (READ_ONLY)")
            cursor.execute("USE ledger")
        cursor.execute(f"ATTACH {_quoted(str(half))} AS copy_of_ledger")
        try:
            # The catalog is named after the file; only DuckDB knows how it spells it.
            name = (cursor.execute("SELECT current_database()").fetchone() or ("",))[0]
            cursor.execute(f'COPY FROM DATABASE "{name}" TO copy_of_ledger')
        except duckdb.Error:
            with suppress(duckdb.Error):  # on a full disk it can't be ended in good order; the first error is told
                cursor.execute("DETACH copy_of_ledger")
            raise
        cursor.execute("DETACH copy_of_ledger")

    def _require_place(self, path: Path) -> None:
        """Raises LedgerError unless there is nothing at `path`, or a former copy that nobody uses."""
        _require_utf8(path)
        if not path.exists():
            return
        if path.samefile(self.path):
            raise LedgerError(f"A copy of {self.path} can't be written over itself; name another file.")
        if wal_path(path).exists():
            raise LedgerError(f"The database {path} is in use, or was when its process was killed; name another file.")
        former, _ = _connect(path, read_only=True, wait_s=0, memory_limit="100MB")
        with closing(former):
            try:
                migrations.check(former)
            except LedgerError as error:
                raise type(error)(f"The file {path} {error}. It was left as it was.") from error

    def read_tables(self) -> dict[str, int | str]:
        """Reads every value of every table: how many rows each has, or in a sentence why it can't be read."""
        with self._errors(), closing(self._connection.cursor()) as cursor:
            names = [name for (name,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {name: self._read_table(name) for name in sorted(names)}

    def _read_table(self, name: str) -> int | str:
        with closing(self._connection.cursor()) as cursor:
            try:
                # A hash needs every byte of a row; a count alone reads none of them.
                row = cursor.execute(f'SELECT count(*), bit_xor(hash(t)) FROM "{name}" AS t').fetchone()  # noqa: S608
            except duckdb.Error as error:
                return str(error).splitlines()[0]
        return int(row[0]) if row else 0

    def commits(self) -> int:
        """How many commits it has had, whoever made them: as many as before, and nothing has changed. Asks no table."""
        return self._mark.commits

    def standing_commits(self) -> Mark | None:
        """Which database this is and how many commits it has had, by itself; None if they were never counted."""
        with self._reading() as transaction:
            rows = transaction.run("standing_commits")
        return Mark(database=rows[0]["database"] or "", commits=rows[0]["commits"]) if rows else None

    def _begin_counting(self, *, is_new: bool) -> None:
        """Compares the commits that are there with those that the mark counted, and goes on counting.

        Those missing are logged, and added up in the mark, for a person to see at leisure: what is there is whole.
        """
        outside = read_mark(self.path)
        inside = self.standing_commits()
        if inside is None:
            with self._errors(), closing(self._connection.cursor()) as cursor:
                Transaction(cursor).run("begin_counting", database=uuid.uuid4().hex, at=datetime.now(UTC))
            counting = self.standing_commits()
        else:
            counting = inside
        missing = 0
        if outside and not is_new:  # the mark of a database that was moved away is told nothing by a new one
            missing = outside.missing
            if lost := lost_commits(inside, outside):
                missing += lost
                log.warning("%s", loss(self.path, lost))
        self._mark = replace(counting or self._mark, missing=missing)
        self._mark_file = MarkFile(self.path)
        self._mark_file.put(self._mark)

    @contextmanager
    def _reading(self) -> Iterator[Transaction]:
        """A transaction that sees one state of the database, whatever is written meanwhile."""
        with self._errors(), closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN READ ONLY")
            yield Transaction(cursor)
            cursor.execute("COMMIT")

    @contextmanager
    def _asking(self) -> Iterator[Transaction]:
        """For one query, which sees one state of the database by itself, and so needs no transaction around it."""
        with self._errors(), closing(self._connection.cursor()) as cursor:
            yield Transaction(cursor)

    @contextmanager
    def _changing(self) -> Iterator[Transaction]:
        """A transaction that is committed at the end, and undone on any exception. One at a time."""
        if self.read_only:
            raise LedgerError(f"The database {self.path} was opened for reading only.")
        with self._writing, self._errors(), closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN")
            transaction = Transaction(cursor)
            with self._doubting():
                yield transaction
                # Nobody else commits, so the count need not be asked for.
                mark = replace(self._mark, commits=self._mark.commits + 1)
                transaction.run("count_commit", commits=str(mark.commits))
                cursor.execute("COMMIT")
            # On an exception the cursor is closed with its transaction open, which undoes it.
            self._mark = mark
            if self._mark_file:
                self._mark_file.put(mark)

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """Has the log outlive this owner, so that the next one makes sure of it, if an index may be at fault."""
        try:
            yield
        except _AT_FAULT:
            with suppress(duckdb.Error):  # one that has given up by itself leaves its log as well
                self._connection.execute("PRAGMA disable_checkpoint_on_shutdown")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise refusal(self.path, error) from error


def _settle(path: Path, connection: duckdb.DuckDBPyConnection, *, was_cut_off: bool) -> None:
    """Makes sure of what was read back from the log of an owner that was cut off, and empties that log.

    What DuckDB 2.0 reads back leaves indexes that may miss rows, or know rows that are gone: the rows are right. Nor
    does it empty that log by itself ever again, however long it grows. Whoever is cut off in this leaves indexes that
    are missing, which the next one makes.
    """
    if was_cut_off:
        log.info("The last owner of %s was cut off in its work: the indexes are made anew from the tables.", path)
        migrations.drop_indexes(connection)
        connection.execute("CHECKPOINT")
    migrations.make_indexes(connection)


def _distrust_indexes(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Has a reader, who can't settle it, look at all rows."""
    log.info("The last owner of %s was cut off in its work: all rows are looked at.", path)
    connection.execute("SET GLOBAL index_scan_percentage = 0")
    connection.execute("SET GLOBAL index_scan_max_count = 0")


def _connect(
    path: Path, *, read_only: bool, wait_s: float, memory_limit: str
) -> tuple[duckdb.DuckDBPyConnection, bool]:
    """The connection, and whether there was a log to be read back: the owner before was cut off in its work."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            was_cut_off = wal_path(path).exists()
            return _connect_once(path, read_only=read_only, memory_limit=memory_limit), was_cut_off
        except LedgerHeld:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_RETRY_S)


def _connect_once(path: Path, *, read_only: bool, memory_limit: str) -> duckdb.DuckDBPyConnection:
    _require_utf8(path)
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
            config={**_CONFIG, "memory_limit": memory_limit},
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
        raise unusable(path, error) from error


def _require_utf8(path: Path) -> None:
    """Raises LedgerError for a path that DuckDB can't take."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise LedgerError(
            f"The path {path} holds bytes that are no UTF-8, as DuckDB needs; name another file."
        ) from error


def _require_database(path: Path, begin: bytes) -> None:
    """Raises LedgerDamaged unless a file that begins so is DuckDB's, or empty: its owner may just be making it.

    DuckDB itself would read a JSON, CSV or Parquet file into memory, and keep nothing of what is written.
    """
    where, magic = _MAGIC
    if begin and begin[where] != magic:
        raise LedgerDamaged(
            f"The file {path} is no DuckDB database, and was left as it is. Name another file for the database. {MEND}"
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
