"""Damaged files, full disks and disks that may not be written: a sentence each, and nothing committed is lost."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.ledger.damage import flip, killed, needs_mounts, remount, small_disk
from tests.ledger.examples import NOON, event, found, refolded
from vtrack_ray.errors import LedgerDamaged, LedgerError
from vtrack_ray.ledger.files import wal_path
from vtrack_ray.ledger.ledger import Ledger

MANY = 3_000


def written(path: Path) -> None:
    """A database whose events take several of DuckDB's blocks."""
    with Ledger.open(path) as ledger:
        codes = [f"SPX{number:08d}" for number in range(MANY)]
        ledger.register([found(f"{number}.mp4") for number in range(MANY)], NOON)
        ledger.replace_events(refolded(*(event(n, "a", codes=[code] * 5) for n, code in enumerate(codes))))


@pytest.mark.parametrize("read_only", [False, True])
def test_a_log_damaged_in_its_middle_is_refused_and_left_alone(path: Path, read_only: bool) -> None:
    Ledger.open(path).close()  # what makes the tables is in the file, and commits alone are in the log
    killed(path, 0, 20)
    log = wal_path(path)
    flip(log, log.stat().st_size // 2)
    before = path.read_bytes(), log.read_bytes()
    with pytest.raises(LedgerDamaged, match=r"The log .*\.wal of the database can't be read.*vtrack db restore FILE"):
        Ledger.open(path, read_only=read_only)
    assert (path.read_bytes(), log.read_bytes()) == before


def test_without_its_damaged_log_a_database_is_as_it_was_before_it(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.register([found("before.mp4")], NOON)
    killed(path, 0, 20)
    wal_path(path).rename(path.with_name("aside"))
    with Ledger.open(path) as ledger:
        assert [row.path for row in ledger.videos()] == [found("before.mp4").path]


def test_a_torn_tail_of_the_log_loses_the_last_commit_alone(path: Path) -> None:
    killed(path, 0, 20)
    log = wal_path(path)
    log.write_bytes(log.read_bytes()[:-7])
    with Ledger.open(path) as ledger:
        assert len(ledger.videos()) == 19


def test_a_damaged_block_is_told_by_whoever_reads_it(path: Path, tmp_path: Path) -> None:
    written(path)
    block = block_of(path, "events")
    flip(path, block + 5_000)
    with Ledger.open(path, read_only=True) as ledger:
        read = ledger.read_tables()
        assert "checksum" in str(read["events"])
        assert read["file_list"] == MANY
        with pytest.raises(LedgerDamaged, match=r"is damaged: .*vtrack db check"):
            ledger.events()
        with pytest.raises(LedgerDamaged, match="is damaged"):
            ledger.backup(tmp_path / "copy.duckdb")
    assert [file.name for file in tmp_path.iterdir()] == [path.parent.name]


def block_of(path: Path, table: str) -> int:
    """Where in the file a block of the table's begins."""
    with duckdb.connect(path, read_only=True) as connection:
        query = f"SELECT max(block_id) FROM pragma_storage_info('{table}')"  # noqa: S608
        found: tuple[int] | None = connection.execute(query).fetchone()
    assert found is not None
    [block], size = found, 262_144
    assert block >= 0
    return 3 * 4_096 + block * size


@needs_mounts
def test_a_full_disk_loses_nothing_and_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1_500) as disk:
        path = disk / "v.duckdb"
        done = 0
        with Ledger.open(path) as ledger:
            with pytest.raises(LedgerError, match=r"The disk with the database .* is full\. Make room"):  # noqa: PT012
                while True:
                    ledger.register([found(f"{done}-{n}.mp4") for n in range(20)], NOON)
                    done += 1
            assert len(ledger.videos()) == 20 * done
        with Ledger.open(path, read_only=True) as ledger:
            assert len(ledger.videos()) == 20 * done
        remount(disk, "size=20m")
        with Ledger.open(path) as ledger:
            assert len(ledger.videos()) == 20 * done
            ledger.register([found()], NOON)


@needs_mounts
def test_a_copy_for_which_there_is_no_room_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    written(path)
    with small_disk(tmp_path / "small", 300) as disk, Ledger.open(path) as ledger:
        for _ in range(2):
            with pytest.raises(LedgerError, match=r"The copy .*small/b\.duckdb can't be written: the disk is full"):
                ledger.backup(disk / "b.duckdb")
            assert list(disk.iterdir()) == []
        ledger.register([found("after.mp4")], NOON)
        remount(disk, "size=20m")
        ledger.backup(disk / "b.duckdb")
        with Ledger.open(disk / "b.duckdb", read_only=True) as copy:
            assert copy.snapshot() == ledger.snapshot()


@needs_mounts
def test_a_disk_that_may_not_be_written_can_be_read(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 20_000) as disk:
        path = disk / "v.duckdb"
        killed(path, 0, 5)
        remount(disk, "ro")
        with pytest.raises(LedgerError, match="Read-only file system"):
            Ledger.open(path)
        with Ledger.open(path, read_only=True) as ledger:
            assert len(ledger.videos()) == 5
            with pytest.raises(LedgerError, match=r"b\.duckdb can't be written"):
                ledger.backup(disk / "b.duckdb")
            ledger.backup(tmp_path / "b.duckdb")
        with Ledger.open(tmp_path / "b.duckdb", read_only=True) as copy:
            assert len(copy.videos()) == 5


@pytest.mark.parametrize("content", [b"a video", b"\0" * 20_000])
def test_a_copy_takes_the_place_of_no_other_file(path: Path, tmp_path: Path, content: bytes) -> None:
    written(path)
    other = tmp_path / "other"
    other.write_bytes(content)
    with (
        Ledger.open(path) as ledger,
        pytest.raises(LedgerDamaged, match="is no DuckDB database, and was left as it is"),
    ):
        ledger.backup(other)
    assert other.read_bytes() == content


def test_a_copy_takes_the_place_of_no_database_in_use_or_of_somebody_else(ledger: Ledger, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.duckdb"
    with duckdb.connect(theirs) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
    with pytest.raises(LedgerDamaged, match=r"not one of vtrack's; name another file\. It was left"):
        ledger.backup(theirs)
    used = tmp_path / "used.duckdb"
    killed(used, 0, 2)
    with pytest.raises(LedgerError, match="is in use, or was when its process was killed"):
        ledger.backup(used)
    with Ledger.open(used) as opened:
        assert len(opened.videos()) == 2


def test_a_copy_that_was_killed_is_begun_anew(ledger: Ledger, tmp_path: Path) -> None:
    ledger.register([found()], NOON)
    killed(tmp_path / "b.duckdb.part", 0, 2)
    ledger.backup(tmp_path / "b.duckdb")
    with Ledger.open(tmp_path / "b.duckdb", read_only=True) as copy:
        assert len(copy.videos()) == 1


def test_a_link_to_the_database_is_the_database(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(LedgerError, match="can't be written over itself"):
        ledger.backup(tmp_path / "link")
