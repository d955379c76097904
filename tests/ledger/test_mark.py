from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from tests.ledger.damage import flip, killed
from tests.ledger.examples import NOON, found
from vtrack_ray.ledger.files import wal_path
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.mark import Mark, lost_commits, mark_path, read_mark


def mark_of(path: Path) -> Mark:
    """The mark of the database, which has one."""
    mark = read_mark(path)
    assert mark is not None
    return mark


def test_each_commit_is_counted_inside_and_outside(ledger: Ledger, path: Path) -> None:
    for number in range(3):
        ledger.register([found(f"{number}.mp4")], NOON)
        assert read_mark(path) == ledger.standing_commits()
    assert mark_of(path).commits == 3


def test_a_transaction_that_is_undone_is_not_counted(ledger: Ledger, path: Path) -> None:
    with pytest.raises(ZeroDivisionError), ledger._changing():
        raise ZeroDivisionError
    assert mark_of(path).commits == 0
    standing = ledger.standing_commits()
    assert standing is not None
    assert standing.commits == 0


def test_counting_goes_on_at_the_next_opening(ledger: Ledger, path: Path) -> None:
    ledger.register([found()], NOON)
    before = mark_of(path)
    ledger.close()
    with Ledger.open(path) as again:
        again.register([found("b.mp4")], NOON)
    assert read_mark(path) == Mark(database=before.database, commits=2)


def test_nothing_is_missing_after_a_kill(path: Path) -> None:
    killed(path, 0, 5)
    assert mark_of(path).commits == 5
    with Ledger.open(path) as ledger:
        standing = ledger.standing_commits()
        assert standing is not None
        assert standing.commits == 5
    assert mark_of(path).missing == 0


def test_a_flipped_byte_in_the_last_commit_is_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    killed(path, 0, 5)
    flip(wal_path(path), -20)
    with caplog.at_level(logging.WARNING), Ledger.open(path) as ledger:
        assert len(ledger.videos()) == 4
    assert "The last commit is missing" in caplog.text
    assert mark_of(path).missing == 1


def test_a_log_of_which_nothing_is_left_is_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    killed(path, 0, 5)
    flip(wal_path(path), 0)  # DuckDB takes the whole log for empty then, and the database with it
    with caplog.at_level(logging.WARNING), Ledger.open(path) as ledger:
        assert ledger.videos() == []
    assert "The last 5 commits are missing" in caplog.text
    assert mark_of(path).missing == 5


def test_what_was_missing_is_added_up_until_the_mark_is_deleted(path: Path) -> None:
    killed(path, 0, 5)
    flip(wal_path(path), -20)
    killed(path, 5, 10)
    flip(wal_path(path), -20)
    Ledger.open(path).close()
    assert mark_of(path).missing == 2
    Ledger.open(path).close()
    assert mark_of(path).missing == 2
    mark_path(path).unlink()
    Ledger.open(path).close()
    assert mark_of(path).missing == 0


def test_an_older_copy_put_in_the_databases_place_is_told(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    ledger.register([found()], NOON)
    ledger.backup(tmp_path / "copy.duckdb")
    for number in range(3):
        ledger.register([found(f"{number}.mp4")], NOON)
    ledger.close()
    shutil.copyfile(tmp_path / "copy.duckdb", path)
    Ledger.open(path).close()
    assert mark_of(path).missing == 3


def test_a_mark_is_no_business_of_another_database_or_a_new_one(ledger: Ledger, path: Path) -> None:
    ledger.register([found()], NOON)
    before = mark_of(path)
    ledger.close()
    path.unlink()
    Ledger.open(path).close()
    assert mark_of(path).missing == 0
    assert lost_commits(Mark(database="other", commits=0), before) == 0


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '{"database": "a", "commits": "many"}', '{"database": 1}', "\xff", "x" * 1000]
)
def test_a_mark_that_cannot_be_read_is_made_anew(ledger: Ledger, path: Path, content: str) -> None:
    ledger.close()
    mark_path(path).write_text(content, "latin-1")
    assert read_mark(path) is None
    Ledger.open(path).close()
    assert read_mark(path) is not None


def test_a_mark_that_cannot_be_written_is_logged_and_fails_nothing(
    ledger: Ledger, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.close()
    mark_path(path).unlink()
    mark_path(path).mkdir()
    with Ledger.open(path) as again:
        again.register([found()], NOON)
        assert len(again.videos()) == 1
    assert "can't be written (Is a directory)" in caplog.text


def test_reading_makes_no_mark(ledger: Ledger, path: Path) -> None:
    ledger.close()
    mark_path(path).unlink()
    Ledger.open(path, read_only=True).close()
    assert not mark_path(path).exists()


def test_a_mark_is_one_line_of_a_fixed_length(ledger: Ledger, path: Path) -> None:
    before = mark_path(path).stat().st_size
    ledger.register([found()], NOON)
    assert mark_path(path).stat().st_size == before
    assert json.loads(mark_path(path).read_text())["commits"] == 1
