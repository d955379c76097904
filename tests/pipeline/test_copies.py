"""The database copied beside itself, by a clock that is set by hand."""

from __future__ import annotations

import os

from tests.pipeline.services import Clock, in_a_loop
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.copies import Copies
from vtrack_ray.pipeline.launcher import LocalStore
from vtrack_ray.pipeline.observer import Nobody
from vtrack_ray.settings import Settings

HOUR_S = 3600.0


class Desk:
    """Where copies are kept, no older than a day."""

    def __init__(self, ledger: Ledger) -> None:
        self.clock = Clock()
        self.copy = ledger.path.with_name("vtrack-backup.duckdb")
        store = LocalStore(ledger)
        settings = Settings(DB=ledger.path, BACKUP_HOURS=24)
        self._copies = Copies(settings, store, Chronicle(store, Nobody(), self.clock), self.clock)

    async def is_copied(self) -> bool:
        """Whether a copy is made now; then it is dated by the clock."""
        before = self._written()
        await self._copies.keep()
        if self._written() == before:
            return False
        os.utime(self.copy, times=(self.clock().timestamp(),) * 2)
        return True

    def _written(self) -> int | None:
        return self.copy.stat().st_ino if self.copy.exists() else None


@in_a_loop
async def test_a_copy_is_made_when_the_last_one_is_old(ledger: Ledger) -> None:
    desk = Desk(ledger)
    assert await desk.is_copied()
    desk.clock.advance(23 * HOUR_S)
    assert not await desk.is_copied()
    desk.clock.advance(HOUR_S)
    assert await desk.is_copied()


@in_a_loop
async def test_a_clock_that_was_put_back_does_not_put_copies_off(ledger: Ledger) -> None:
    desk = Desk(ledger)
    assert await desk.is_copied()
    desk.clock.advance(-1000 * HOUR_S)
    assert await desk.is_copied()
    desk.clock.advance(HOUR_S)
    assert not await desk.is_copied()
