"""`vtrack db`, as a process, on the database of a real run."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Footage, Vtrack
from tests.ledger.damage import flip, killed, needs_mounts, remount, small_disk
from tests.ledger.processes import running
from tests.ledger.test_damage import block_of
from vtrack_ray.ledger.files import wal_path
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.mark import mark_path, read_mark
from vtrack_ray.pipeline.audit import audit

OWN = """
import sys
from tests.ledger.examples import NOON, found
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
with Ledger.open(sys.argv[1]) as ledger, Door(ledger):
    print("open", flush=True)
    number = 0
    while True:
        ledger.register([found(f"{number}.mp4", "busy")], NOON)
        number += 1
"""
HOLD = """
import sys, time
from vtrack_ray.ledger.ledger import Ledger
with Ledger.open(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


def change(vtrack: Vtrack, statement: str) -> None:
    with closing(duckdb.connect(vtrack.db)) as connection:
        connection.execute(statement)


def files(vtrack: Vtrack) -> set[str]:
    return {path.name for path in vtrack.home.iterdir() if path.is_file()}


def test_a_run_leaves_a_database_that_is_well(used: Vtrack) -> None:
    before = used.db.read_bytes(), files(used)
    said = used("db", "check")
    assert "6, 6 of them compared with the sampling logs" in said
    assert "All is well." in said
    assert "?" not in said
    assert (used.db.read_bytes(), files(used)) == before


def test_a_database_in_use_is_checked_and_copied(used: Vtrack) -> None:
    with running(OWN, used.db, environment=used.environment) as (process, printed):
        printed.readline()
        said = used("db", "check")
        assert "a copy of it, as it is in use" in said
        assert "All is well." in said
        used("db", "backup", used.home / "copy.duckdb")
        assert process.poll() is None
    with Ledger.open(used.home / "copy.duckdb", read_only=True) as copy:
        assert len(copy.videos()) > 4
        assert len(copy.events()) == 6
    assert {"copy.duckdb"} == {name for name in files(used) if not name.startswith("vtrack.duckdb")}
    assert not [name for name in files(used) if "checking" in name]


def test_a_holder_that_does_not_answer_is_named(used: Vtrack, finished: Vtrack) -> None:
    with running(HOLD, used.db, environment=used.environment) as (process, printed):
        printed.readline()
        for command in ("check", "backup", "rebuild"):
            assert f"held by process {process.pid} " in used("db", command, status=1)
        assert f"held by process {process.pid} " in used("db", "restore", finished.db, status=1)
    assert files(used) == {"vtrack.duckdb", "vtrack.duckdb.mark"}


BROKEN = {
    "UPDATE file_list SET idle_s = idle_s + 1": "do not come to the duration of 4 videos: ",
    "UPDATE file_list SET idle_s = idle_s + 1, examined_s = examined_s - 1": "not the sum of the sampling logs of 4 vi",
    "DELETE FROM file_list WHERE camera_name = 'cam2'": "There are sampling logs, but no record, of 2 videos",
    "UPDATE events SET video_ids = ['gone', 'there']": "A video that is not known is named by 6 events: ",
    "DELETE FROM events WHERE camera_name = 'cam1'": "3 of the events of camera cam1 are not",
    "UPDATE events SET sights = regexp_replace(sights, '\"video_id\": ?\"', '\\0x', 'g')": (
        "Sights lie in other videos than the event itself, of "
    ),
    "DELETE FROM event_codes": "Looking up by tracking code misses, or wrongly finds, ",
    "INSERT INTO event_codes SELECT 'other', event_id FROM events": "misses, or wrongly finds, 6 events: ",
    "INSERT INTO event_codes VALUES ('other', 'nowhere')": "misses, or wrongly finds, 1 event: nowhere",
    "DROP TABLE event_codes": "The table event_codes is missing. `vtrack db rebuild`",
    "UPDATE file_list SET status = 'no_activity'": "Whether an event lies in it is recorded wrongly of 4 videos",
    "UPDATE events SET end_s = end_s + 0.000001 WHERE camera_name = 'cam1'": "3 of the events of camera cam1 are not",
    "UPDATE events SET sights = regexp_replace(sights, '\"x\": ?', '\\01')": "not those that its sampling logs come to",
    "UPDATE events SET sights = '[]'": "are not those that its sampling logs come to",
    "DROP TABLE processed_logs": "The table processed_logs is missing. `vtrack db restore FILE`",
}


@pytest.mark.parametrize("statement", BROKEN)
def test_what_does_not_hold_is_told(used: Vtrack, statement: str) -> None:
    change(used, statement)
    assert any(BROKEN[statement] in fault for fault in faults(used))


def faults(vtrack: Vtrack) -> tuple[str, ...]:
    """What `vtrack db check` prints after `!`, without a process of its own."""
    with Ledger.open(vtrack.db, read_only=True) as ledger:
        return audit(ledger, vtrack.db, read_mark(vtrack.db)).faults


def test_faults_make_an_exit_status(used: Vtrack) -> None:
    change(used, "UPDATE events SET sights = '[]'")
    said = used("db", "check", status=1)
    assert "! " + "\n! ".join(faults(used)) in said
    assert "Not all is well." in said


def test_a_lost_commit_is_told(used: Vtrack) -> None:
    with Ledger.open(used.db):
        pass
    killed(used.db, 0, 3)
    flip(wal_path(used.db), -20)
    said = used("db", "check", status=1)
    assert f"The last commit is missing from the database {used.db}" in said
    used("profile", "set", "cam1", "--max-packing-s", "200")  # opens it for writing, and goes on without
    assert "The last commit is missing" in used("db", "check", status=1)
    mark_path(used.db).unlink()
    assert "There is no mark beside the database" in used("db", "check")


def test_events_beside_a_video_to_be_done_again_are_not_compared(used: Vtrack) -> None:
    with Ledger.open(used.db) as ledger:
        [first, *_] = [row for row in ledger.videos() if row.camera_name == "cam1"]
        ledger.reopen([first.video_id])
    said = used("db", "check")
    assert "6, 4 of them compared" in said
    assert "2 events were not compared: they lie in or beside videos that are not done" in said


def test_events_of_several_profiles_are_not_compared(used: Vtrack) -> None:
    change(used, "UPDATE file_list SET profile_digest = 'x' WHERE camera_name = 'cam1' AND contains(path, '_2')")
    change(used, "UPDATE file_list SET profile_digest = 'y' WHERE camera_name = 'cam1' AND NOT contains(path, '_2')")
    said = used("db", "check")
    assert "The events of camera cam1 were not compared" in said
    assert "come from more than one packing profile" in used("db", "rebuild")


def test_a_profile_set_since_does_not_hide_what_the_events_come_from(used: Vtrack) -> None:
    before = used.snapshot()
    used("profile", "set", "cam1", "--min-packing-s", "60", "--qr-trigger-area", "none")
    assert "6, 6 of them compared" in used("db", "check")
    used("db", "rebuild")
    assert used.snapshot()["events"] == before["events"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM events",
        "UPDATE events SET sights = '[]'",
        "DROP TABLE events",
        "DROP INDEX events_by_id; ALTER TABLE events DROP COLUMN status",
        "UPDATE events SET event_id = event_id || 'x', ended_at = ended_at + INTERVAL 1 HOUR",
        "UPDATE file_list SET status = 'no_activity'",
    ],
)
def test_events_are_folded_anew_to_the_row(used: Vtrack, statement: str) -> None:
    before, schema = used.snapshot(), described(used)
    change(used, statement)
    assert faults(used)
    assert "6 events of 2 cameras were folded anew." in used("db", "rebuild")
    assert used.snapshot() == before
    assert described(used) == schema
    assert not faults(used)


def described(vtrack: Vtrack) -> list[tuple[object, ...]]:
    with closing(duckdb.connect(vtrack.db, read_only=True)) as connection:
        return connection.execute(
            "SELECT table_name, NULL, sql, comment FROM duckdb_tables() UNION ALL "
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
        ).fetchall()


@pytest.mark.parametrize(("table", "asked"), [("events", ()), ("event_codes", ("--code", "SPXVN8079407897"))])
def test_a_damaged_table_of_events_is_folded_anew(used: Vtrack, table: str, asked: tuple[str, ...]) -> None:
    before = used.snapshot()
    flip(used.db, block_of(used.db, table) + 500)
    assert f"The table {table} can't be read to its end" in used("db", "check", status=1)
    assert "is damaged" in used("events", *asked, status=1)
    used("db", "rebuild")
    assert used.snapshot() == before
    assert "All is well." in used("db", "check")


def test_damaged_logs_are_no_ground_to_fold_from(used: Vtrack, finished: Vtrack) -> None:
    flip(used.db, block_of(used.db, "processed_logs") + 500)
    said = used("db", "check", status=1)
    assert "The table processed_logs can't be read to its end" in said
    assert "`vtrack db restore FILE`" in said
    assert "is damaged" in used("db", "rebuild", status=1)
    with Ledger.open(used.db, read_only=True) as ledger:
        assert len(ledger.events()) == 6  # as they were
    used("db", "restore", finished.db)
    assert "All is well." in used("db", "check")


def test_a_file_that_cannot_be_opened_says_what_to_do(used: Vtrack) -> None:
    flip(used.db, 4096)
    for command in ("check", "backup", "rebuild"):
        said = used("db", command, status=1)
        assert "can't be read as a database" in said
        assert "`vtrack db restore FILE`" in said


def test_there_has_to_be_a_database(new_vtrack: Vtrack, tmp_path: Path) -> None:
    for command in ("check", "backup", "rebuild"):
        assert "nothing has been run yet" in new_vtrack("db", command, status=1)
    assert f"There is no file {tmp_path / 'none'}" in new_vtrack("db", "restore", tmp_path / "none", status=1)
    assert list(new_vtrack.home.iterdir()) == []


def test_a_backup_is_named_after_its_time_and_restored_where_there_is_nothing(used: Vtrack) -> None:
    before = used.snapshot()
    used("db", "backup")
    [name] = files(used) - {"vtrack.duckdb", "vtrack.duckdb.mark"}
    assert name.startswith("vtrack-20")
    assert name.endswith("Z.duckdb")
    used.db.unlink()
    said = used("db", "restore", used.home / name)
    assert "All is well." in said
    assert "is kept" not in said
    assert used.snapshot() == before
    assert files(used) == {"vtrack.duckdb", "vtrack.duckdb.mark", name}


def test_a_restored_database_keeps_the_former_one_with_its_log(used: Vtrack) -> None:
    before = used.snapshot()
    used("db", "backup", used.home / "copy.duckdb")
    killed(used.db, 0, 5)
    used("db", "restore", used.home / "copy.duckdb")
    assert used.snapshot() == before
    [kept] = used.home.glob("vtrack-replaced-*Z.duckdb")
    assert wal_path(kept).exists()
    assert not wal_path(used.db).exists()
    with Ledger.open(kept) as former:
        assert len(former.videos()) == 9
    mark = read_mark(kept)
    assert mark is not None
    assert mark.missing == 0
    assert "?" not in used("db", "check")


def test_a_damaged_database_is_replaced(used: Vtrack, finished: Vtrack) -> None:
    for at in (0, 4096, 8192, 12_288):
        flip(used.db, at)
    used("db", "check", status=1)
    used("db", "restore", finished.db)
    assert "All is well." in used("db", "check")


def refuse(vtrack: Vtrack, backup: Path, said: str) -> None:
    before, there = vtrack.db.read_bytes(), files(vtrack)
    assert said in vtrack("db", "restore", backup, status=1)
    assert (vtrack.db.read_bytes(), files(vtrack)) == (before, there)


def test_a_backup_that_is_none_is_refused(used: Vtrack, two_cameras: Footage, tmp_path: Path) -> None:
    backup = tmp_path / "b.duckdb"
    [video, *_] = two_cameras.root.rglob("*.mp4")
    refuse(used, video, "is no DuckDB database")
    backup.touch()
    refuse(used, backup, "is empty")
    refuse(used, used.db, "is the database itself")
    backup.unlink()
    with closing(duckdb.connect(backup)) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
    refuse(used, backup, f"{backup} is a DuckDB database, but not one of vtrack's")
    shutil.copyfile(used.db, backup)
    with closing(duckdb.connect(backup)) as connection:
        connection.execute("INSERT INTO schema_versions VALUES (999, 'x', NULL)")
    refuse(used, backup, "was made by a newer vtrack")


def test_a_backup_that_is_not_sound_is_refused(used: Vtrack, tmp_path: Path) -> None:
    backup = tmp_path / "b.duckdb"
    shutil.copyfile(used.db, backup)
    flip(backup, block_of(backup, "processed_logs") + 500)
    refuse(used, backup, "The table processed_logs can't be read to its end")
    shutil.copyfile(used.db, backup)
    with closing(duckdb.connect(backup)) as connection:
        connection.execute("UPDATE events SET sights = '[]'")
    refuse(used, backup, f"The backup {backup} is not sound; the database was left as it was.")


def test_a_backup_in_use_is_refused(used: Vtrack, tmp_path: Path) -> None:
    backup = tmp_path / "b.duckdb"
    shutil.copyfile(used.db, backup)
    with running(HOLD, backup) as (process, printed):
        printed.readline()
        refuse(used, backup, f"{backup} is held by process {process.pid} ")


@needs_mounts
def test_a_disk_without_room_or_leave_to_write_is_told(used: Vtrack, finished: Vtrack, tmp_path: Path) -> None:
    backup = finished.db
    room_for_one_and_a_half = backup.stat().st_size * 3 // 2 // 1024
    with small_disk(tmp_path / "small", room_for_one_and_a_half) as disk:
        small = Vtrack(disk)
        shutil.copyfile(backup, small.db)
        refuse(small, backup, "No space left on device. The database is as it was.")
        assert "the disk is full" in small("db", "backup", status=1)
        assert files(small) == {"vtrack.duckdb"}
        remount(disk, "ro")
        refuse(small, backup, "Read-only file system")
        assert "Read-only file system" in small("db", "backup", status=1)
        assert "Read-only file system" in small("db", "rebuild", status=1)
        assert "All is well." in small("db", "check")
