"""kill -9 in the middle of conclusions: what was acknowledged is there, nothing is there by half."""

from __future__ import annotations

import logging
import random
import signal
import time
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.ledger.examples import event, refolded
from tests.ledger.processes import running
from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.files import wal_path
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.mark import read_mark
from vtrack_ray.ledger.migrations import NAMED_INDEXES
from vtrack_ray.ledger.refusals import unusable
from vtrack_ray.ledger.values import EventFilter
from vtrack_ray.meaning.video import VideoStatus

CONCLUDE = """
import sys
from tests.ledger.examples import NOON, DIGEST, conclusion, event, found, header, log, refolded
from vtrack_ray.ledger.ledger import Ledger
with Ledger.open(sys.argv[1], wait_s=10) as ledger:
    ledger.release_claims()
    for number in range(int(sys.argv[2]), 100_000):
        file = found(f"{number}.mp4")
        ledger.register([file], NOON)
        ledger.set_header(file.video_id, header(number))
        claim = ledger.claim_video(file.video_id, NOON)
        ledger.log_span(file.video_id, claim.attempt, DIGEST, log(file.video_id))
        events = [event(number + tenth / 10, file.video_id, codes=[f"SPX{number:08d}"] * 20) for tenth in (1, 5)]
        ledger.conclude(file.video_id, claim.attempt, conclusion(), refolded(*events, after=number, until=number + 1))
        print(number, flush=True)
"""
STORE = """
import os, sys
from tests.ledger.examples import event, refolded
from vtrack_ray.ledger.ledger import Ledger
ledger = Ledger.open(sys.argv[1])
for last in range(1, 9):
    ledger.replace_events(refolded(*(event(n, "a", codes=[f"SPX{n:08d}"] * 20) for n in range(last)), video_ids=["a"]))
os._exit(0)
"""
REMAKE = """
import sys
from vtrack_ray.ledger.ledger import Ledger
with Ledger.open(sys.argv[1], wait_s=10) as ledger:
    events = ledger.events()
    while True:
        ledger.remake_events(events)
        print("made", flush=True)
"""

SETTLE_BY_HALF = """
import os, sys
import duckdb
from vtrack_ray.ledger.migrations import drop_indexes
connection = duckdb.connect(sys.argv[1])
drop_indexes(connection)
connection.execute("CHECKPOINT")
os._exit(0)
"""


def test_a_killed_owner_loses_nothing_acknowledged_and_leaves_nothing_half_done(path: Path) -> None:
    chance = random.Random(1)  # noqa: S311
    last = -1
    for _ in range(4):
        with running(CONCLUDE, path, last + 1) as (process, printed):
            first = printed.readline()
            time.sleep(chance.uniform(0.05, 0.3))
            process.send_signal(signal.SIGKILL)
            # The last line may be cut off: then it was not acknowledged.
            last = max([last, *(int(line) for line in (first, *printed) if line.endswith("\n"))])
        with Ledger.open(path, wait_s=10) as ledger:
            rows = {row.path: row for row in ledger.videos()}
            done = [row for row in rows.values() if row.status is VideoStatus.DONE]
            assert len(done) in (last + 1, last + 2)  # the last one may have been cut off before it was acknowledged
            for row in done:
                assert row.examined_s + row.idle_s == row.duration_s
                assert len(ledger.logs([row.video_id])[row.video_id]) == 1
            found = ledger.events(EventFilter())
            assert {event.video_ids for event in found} == {(row.video_id,) for row in done}
            assert len(found) == 2 * len(done)
            assert {len(event.sights) for event in found} == {20}
            last = len(done) - 1
    assert last >= 3, "each process concludes at least the video that it was waited for"


def test_events_that_are_made_anew_by_a_killed_owner_are_all_there(path: Path) -> None:
    chance = random.Random(2)  # noqa: S311
    with Ledger.open(path) as ledger:
        ledger.replace_events(refolded(*(event(n, "a", codes=[f"SPX{n:08d}"] * 20) for n in range(300))))
        before = ledger.snapshot()
    for _ in range(4):
        with running(REMAKE, path) as (process, printed):
            printed.readline()
            time.sleep(chance.uniform(0.05, 0.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
        with Ledger.open(path, wait_s=10) as ledger:
            assert ledger.snapshot() == before
            assert ledger.standing_commits() == read_mark(path)


def test_what_a_killed_owner_leaves_is_settled_by_the_next_one(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cut_off(path)
    with Ledger.open(path) as ledger:
        assert "indexes are made anew" in caplog.text
        assert not wal_path(path).exists(), "what was read back is in the tables for good"
        assert indexes(ledger) == NAMED_INDEXES
        assert stored_twice_is_refused(ledger)
        assert found_by_code(ledger) == 8
    caplog.clear()
    with Ledger.open(path) as ledger:
        # That refusal was one that a broken index may cause as well.
        assert "indexes are made anew" in caplog.text
        assert found_by_code(ledger) == 8
    caplog.clear()
    Ledger.open(path).close()
    assert "indexes" not in caplog.text


def test_what_one_that_is_killed_while_it_settles_leaves_is_settled_by_the_next_one(path: Path) -> None:
    with running(STORE, path) as (process, _):
        process.wait()
    with running(SETTLE_BY_HALF, path) as (process, _):
        assert process.wait() == 0
    assert not wal_path(path).exists(), "nothing tells but the indexes that are missing"
    with Ledger.open(path, read_only=True) as ledger:
        assert found_by_code(ledger) == 8
    with Ledger.open(path) as ledger:
        assert indexes(ledger) == NAMED_INDEXES
        assert found_by_code(ledger) == 8


def test_one_that_has_too_little_memory_to_settle_it_loses_nothing(path: Path) -> None:
    cut_off(path)
    with pytest.raises(LedgerError, match="for want of memory, and was left as it is") as refused:
        Ledger.open(path, memory_limit="1MB")
    assert type(refused.value) is LedgerError, "it is not damaged"
    with Ledger.open(path) as ledger:
        assert found_by_code(ledger) == 8


@pytest.mark.parametrize(
    "wanting", ["could not allocate block of size 256.0 KiB", "failed to allocate data of size 16.0 MiB"]
)
def test_want_of_memory_is_no_damage(path: Path, wanting: str) -> None:
    """What DuckDB says of it while a log is read back, and while a migration puts rows together."""
    refused = unusable(path, duckdb.OutOfMemoryException(f"Out of Memory Error: {wanting} (57.0 MiB/57.2 MiB used)"))
    assert type(refused) is LedgerError
    assert "End other programs" in str(refused)


def test_a_reader_of_what_a_killed_owner_left_trusts_no_index(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cut_off(path)
    with Ledger.open(path, read_only=True) as ledger:
        assert "all rows are looked at" in caplog.text
        assert found_by_code(ledger) == 8
    assert wal_path(path).exists()


def cut_off(path: Path) -> None:
    with running(STORE, path) as (process, _):
        process.wait()
    assert wal_path(path).exists()


def indexes(ledger: Ledger) -> set[str]:
    with closing(ledger._connection.cursor()) as cursor:
        return {name for (name,) in cursor.execute("SELECT index_name FROM duckdb_indexes()").fetchall()}


def found_by_code(ledger: Ledger) -> int:
    return sum(len(ledger.event_rows(EventFilter(codes=(f"SPX{n:08d}",)))) for n in range(8))


def stored_twice_is_refused(ledger: Ledger) -> bool:
    ledger.release_claims()  # as an owner does first of all
    with pytest.raises(LedgerError, match="duplicate"):
        ledger.remake_events([event(0), event(0)])
    return True
