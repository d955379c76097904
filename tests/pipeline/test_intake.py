from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.ledger.examples import found
from tests.pipeline.services import NOW, Threads, in_a_loop
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.detector import EventDetector
from vtrack_ray.pipeline.intake import Intake
from vtrack_ray.pipeline.launcher import LocalStore
from vtrack_ray.settings import Settings


def intake_of(ledger: Ledger, launcher: Threads) -> Intake:
    store = LocalStore(ledger)
    return Intake(Settings(DB=ledger.path), store, launcher, EventDetector(store))


def moved(tmp_path: Path) -> tuple[FoundFile, FoundFile]:
    """A file where there is none any more, and one like it elsewhere."""
    before = replace(found(), path=str(tmp_path / "before.mp4"))
    return before, replace(before, path=str(tmp_path / "after.mp4"))


@in_a_loop
async def test_a_file_that_was_moved_takes_its_own_place(ledger: Ledger, tmp_path: Path) -> None:
    before, after = moved(tmp_path)
    taking_in = intake_of(ledger, Threads())
    assert await taking_in.register([before], NOW) == 1
    assert await taking_in.register([after], NOW) == 1
    assert [row.path for row in ledger.videos()] == [after.path]


@in_a_loop
async def test_while_a_drive_hangs_files_are_registered_all_the_same(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtrack_ray.pipeline.look._LIMIT_S", 0.1)
    launcher = Threads()
    launcher.close("look for moved files")  # as whoever asks a drive that is gone is never answered
    before, after = moved(tmp_path)
    taking_in = intake_of(ledger, launcher)
    await taking_in.register([before], NOW)
    await taking_in.register([after], NOW)
    assert {row.path for row in ledger.videos()} == {before.path, after.path}
