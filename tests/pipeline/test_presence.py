"""Which process serves a database, as others see it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vtrack_ray.errors import LedgerHeld
from vtrack_ray.ledger.address import own_address
from vtrack_ray.pipeline import presence
from vtrack_ray.pipeline.presence import served, server_of


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """In a folder whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="vtrack-test-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder) / "v.duckdb"


def test_one_process_serves_until_it_ends(database: Path) -> None:
    assert server_of(database) is None
    with served(database):
        assert server_of(database) == os.getpid()
        with pytest.raises(LedgerHeld, match=f"Process {os.getpid()} serves the database"), served(database):
            pass
    assert server_of(database) is None


def test_one_that_was_started_in_another_environment_is_seen(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(database.parent))
    with served(database):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(database.parent / "of a session"))
        assert server_of(database) == os.getpid()
        with pytest.raises(LedgerHeld), served(database):
            pass


def test_its_file_stays_young(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "_FRESH_EVERY_S", 0.05)
    with served(database):
        path = own_address(database).with_suffix(".service")
        os.utime(path, (0, 0))
        deadline = time.monotonic() + 60
        while time.time() - path.stat().st_mtime > 3600:
            assert time.monotonic() < deadline, "nobody touches it"
            time.sleep(0.05)
