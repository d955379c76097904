"""What ended sessions leave behind in Ray's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vtrack_ray.actors import leftovers
from vtrack_ray.actors.leftovers import mark, remove_leftovers


@pytest.fixture
def ended() -> int:
    """The id of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def session(folder: Path, day: int, pid: int, database: Path | None) -> Path:
    made = folder / f"session_2026-11-{day:02}_08-00-00_123456_{pid}"
    (made / "logs").mkdir(parents=True)
    (made / "logs" / "raylet.out").write_text("it has begun")
    if database:
        mark(made, database)
    return made


def test_all_but_the_latest_of_ones_own_ended_sessions_are_removed(
    tmp_path: Path, ended: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "_KEPT", 2)
    own, other = tmp_path / "own.duckdb", tmp_path / "other.duckdb"
    old = [session(tmp_path, day, ended, own) for day in (1, 2, 3, 4)]
    kept = [
        session(tmp_path, 5, ended, None),
        session(tmp_path, 6, ended, other),
        session(tmp_path, 7, os.getpid(), own),
    ]
    now = session(tmp_path, 8, os.getpid(), own)
    (tmp_path / "session_latest").symlink_to(now)
    remove_leftovers(now, own)
    assert sorted(tmp_path.glob("session_2*")) == [*old[2:], *kept, now]
    assert (tmp_path / "session_latest").exists()


def test_a_few_are_left_as_they_are(tmp_path: Path, ended: int) -> None:
    made = [session(tmp_path, day, ended, tmp_path / "own.duckdb") for day in (1, 2, 3)]
    remove_leftovers(session(tmp_path, 4, os.getpid(), None), tmp_path / "own.duckdb")
    assert all(folder.exists() for folder in made)
