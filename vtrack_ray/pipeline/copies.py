"""Copies: the database copied beside itself, again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.launcher import Store
from vtrack_ray.settings import Settings

_AGAIN = timedelta(hours=1)
"""After a copy that could not be made, and to look how old the last one is."""


class Copies:
    """Keeps one copy, no older than `BACKUP_HOURS`."""

    def __init__(self, settings: Settings, store: Store, chronicle: Chronicle, now: Callable[[], datetime]) -> None:
        self._every = timedelta(hours=settings.BACKUP_HOURS)
        self._again = min(_AGAIN, self._every)
        self._path = settings.DB.with_name(f"{settings.DB.stem}-backup{settings.DB.suffix}")
        self._store = store
        self._chronicle = chronicle
        self._now = now
        self._due = now()

    async def keep(self) -> None:
        """Copies the database, if the last copy is old; a copy that can't be made is told, and no more."""
        # A clock that was put back must not put it off for as long.
        if not self._every or timedelta(0) < self._due - self._now() <= self._again:
            return
        self._due = self._now() + self._again
        try:
            if self._path.exists() and 0 <= self._age_s() < self._every.total_seconds():
                return
            await self._store(Ledger.backup, self._path)
        except (LedgerError, OSError) as error:
            await self._chronicle.tell(OccurrenceKind.TROUBLE, f"the database could not be copied: {error}")
        else:
            await self._chronicle.tell(OccurrenceKind.BACKUP, f"the database was copied to {self._path}")

    def _age_s(self) -> float:
        """Seconds since the last copy; less than none if the clock was put back since."""
        return self._now().timestamp() - self._path.stat().st_mtime
