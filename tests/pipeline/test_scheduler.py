"""The scheduler in this process, with a real ledger and a clock that is put on by hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import HistoryFilter
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.program import ProgramKind, ProgramRequest
from vtrack_ray.pipeline.detector import EventDetector
from vtrack_ray.pipeline.launcher import LocalLauncher, LocalStore
from vtrack_ray.pipeline.scheduler import Scheduler
from vtrack_ray.settings import Settings

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)


def scans(ledger: Ledger) -> list[Occurrence]:
    return ledger.history(HistoryFilter(kinds=(OccurrenceKind.SCAN,)))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.01)


def test_a_file_that_is_being_written_is_left_until_it_has_settled(tmp_path: Path) -> None:
    file = tmp_path / "footage" / "cam1" / "080000.mp4"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"half of a video")
    written_s = (BEGIN - timedelta(seconds=5)).timestamp()
    os.utime(file, (written_s, written_s))
    now = BEGIN

    async def serve(ledger: Ledger) -> None:
        nonlocal now
        store = LocalStore(ledger)
        scheduler = Scheduler(
            settings=Settings(DB=ledger.path),
            store=store,
            launcher=LocalLauncher(),
            detector=EventDetector(store),
            now=lambda: now,
        )
        serving = asyncio.create_task(scheduler.serve())
        await until(lambda: len(scans(ledger)) == 1)
        assert dict(scans(ledger)[0].figures).items() >= {"files": 1, "new": 0, "growing": 1}.items()
        assert sum(ledger.counts().values()) == 0
        now += timedelta(seconds=31)  # long before the next scan of all would be due
        await until(lambda: len(scans(ledger)) == 2)
        assert dict(scans(ledger)[1].figures).items() >= {"files": 1, "new": 1, "growing": 0}.items()
        scheduler.end()
        await serving

    with Ledger.open(tmp_path / "test.duckdb") as ledger:
        ledger.add_root(str(tmp_path / "footage"), BEGIN)
        ledger.request_program(ProgramRequest(kind=ProgramKind.DEFAULT), BEGIN)
        asyncio.run(serve(ledger))
        assert sum(ledger.counts().values()) == 1
