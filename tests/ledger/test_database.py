from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.ledger.examples import NOON, claimed, found, log
from tests.ledger.processes import running
from vtrack_ray.errors import LedgerDamaged, LedgerError, LedgerHeld
from vtrack_ray.ledger.ledger import Ledger

HOLD = """
import sys
from vtrack_ray.ledger.ledger import Ledger
with Ledger.open(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read(1)
"""


def test_a_held_database_names_its_holder(path: Path) -> None:
    with running(HOLD, path) as (process, printed):
        printed.readline()
        with pytest.raises(LedgerHeld) as refused:
            Ledger.open(path)
    assert str(path) in str(refused.value)
    assert f"process {process.pid} " in str(refused.value)


def test_a_held_database_is_waited_for(path: Path) -> None:
    with running(HOLD, path) as (process, printed):
        printed.readline()
        assert process.stdin is not None
        threading.Timer(0.3, process.stdin.close).start()  # which it takes as the word to end
        Ledger.open(path, wait_s=30).close()


@pytest.mark.parametrize("name", ["v.duckdb", "v.json", "v.csv", "v.parquet", "v.db"])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, name: str, read_only: bool) -> None:
    path = tmp_path / name
    write_table(path)
    before = path.read_bytes()
    with pytest.raises(LedgerDamaged, match=f"{name} is no DuckDB database.*Name another file"):
        Ledger.open(path, read_only=read_only)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def write_table(path: Path) -> None:
    """A table in a file that DuckDB can read, but that is no database of its own."""
    match path.suffix:
        case ".json":
            path.write_text('[{"a": 1}]')
        case ".parquet":
            table = duckdb.sql("SELECT 1 AS a")
            assert table is not None
            table.write_parquet(str(path))
        case ".db":
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("CREATE TABLE t (a)")
        case _:
            path.write_text("a,b\n1,2\n")


def test_a_file_cut_off_in_its_first_bytes_is_damaged(path: Path) -> None:
    Ledger.open(path).close()
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(LedgerDamaged, match=r"can't be read as a database.*put a backup in its place"):
        Ledger.open(path)


def test_an_empty_file_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "v.duckdb"
    path.touch()
    with pytest.raises(LedgerDamaged, match="is empty, and no database: delete it"):
        Ledger.open(path)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="can't be opened: Is a directory"):
        Ledger.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"v\.duckdb can't be opened"):
        Ledger.open(tmp_path / "file" / "v.duckdb")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anything")
def test_a_file_that_may_not_be_written_is_refused(ledger: Ledger, path: Path) -> None:
    ledger.close()
    path.chmod(0o444)
    with pytest.raises(LedgerError, match="Permission denied"):
        Ledger.open(path)


def test_a_path_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no UTF-8, as DuckDB needs; name another file"):
        Ledger.open(tmp_path / "caf\udce9.duckdb")


def test_reading_needs_a_database(path: Path) -> None:
    with pytest.raises(LedgerError, match="nothing has been run yet"):
        Ledger.open(path, read_only=True)
    assert not path.parent.exists()


def test_reading_changes_nothing(ledger: Ledger, path: Path) -> None:
    ledger.register([found()], NOON)
    ledger.close()
    before = path.read_bytes()
    with Ledger.open(path, read_only=True) as reader:
        assert len(reader.videos()) == 1
        with pytest.raises(LedgerError, match="for reading only"):
            reader.register([found("b.mp4")], NOON)
    assert path.read_bytes() == before


def test_a_backup_is_a_database_with_the_same_rows(ledger: Ledger, tmp_path: Path) -> None:
    claim = claimed(ledger)
    ledger.log_span(claim.video.video_id, claim.attempt, "d", log(claim.video.video_id))
    copy = tmp_path / "copies" / "it's one.duckdb"
    for _ in range(2):  # the second copy replaces the first
        ledger.backup(copy)
    with Ledger.open(copy, read_only=True) as opened:
        assert opened.snapshot() == ledger.snapshot()
    assert list(copy.parent.iterdir()) == [copy]


def test_a_backup_does_not_overwrite_the_database(ledger: Ledger, path: Path) -> None:
    with pytest.raises(LedgerError, match="name another file"):
        ledger.backup(path)


def test_a_backup_that_fails_says_where(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"file/copy\.duckdb can't be written"):
        ledger.backup(tmp_path / "file" / "copy.duckdb")


def test_threads_write_and_read_at_once(ledger: Ledger) -> None:
    def work(worker: int) -> int:
        for n in range(10):
            ledger.register([found(f"{worker}-{n}.mp4")], NOON)
            assert sum(ledger.counts().values()) > n
        return worker

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(ledger.videos()) == 40
