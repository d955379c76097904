"""A restoration on a disk that fails in the midst of it. Such a disk can't be had: its calls fail by themselves."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.files import wal_path
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.restoration import restore

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def fail(*_: object) -> NoReturn:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def made(path: Path) -> Path:
    Ledger.open(path).close()
    return path


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """With a log, as of one that was cut off."""
    path = made(tmp_path / "home" / "vtrack.duckdb")
    wal_path(path).write_bytes(b"a log")
    return path


@pytest.mark.parametrize(
    ("step", "has_links"),
    [
        ("pipeline.restoration.sync_folder", True),
        ("pipeline.restoration.replace_durably", True),
        ("ledger.files.sync_folder", True),
        ("ledger.files.sync_folder", False),
    ],
)
def test_a_disk_that_fails_late_leaves_the_database_as_it_was(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, *, has_links: bool
) -> None:
    backup, before = made(tmp_path / "backup.duckdb"), contents(database.parent)
    monkeypatch.setattr(f"vtrack_ray.{step}", fail)
    if not has_links:
        monkeypatch.setattr(os, "link", fail)
    with pytest.raises(LedgerError, match=r"Input/output error\. The database is as it was\."):
        restore(backup, database, NOON)
    assert contents(database.parent) == before


def test_where_a_log_is_that_can_not_be_put_back_is_told(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_and_be_in_the_way(_source: Path, target: Path) -> NoReturn:
        wal_path(target).mkdir()
        fail()

    monkeypatch.setattr("vtrack_ray.pipeline.restoration.replace_durably", fail_and_be_in_the_way)
    with pytest.raises(
        LedgerError, match=r"can't be: Is a directory\. .* begins with vtrack-replaced-20261101T120000Z"
    ):
        restore(made(tmp_path / "backup.duckdb"), database, NOON)
    [log] = database.parent.glob("vtrack-replaced-20261101T120000Z*")
    assert log.read_bytes() == b"a log"
