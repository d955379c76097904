"""The store actor: the one process that holds the ledger."""

from __future__ import annotations

from pathlib import Path

from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.garbage import collect_seldom

_WAIT_S = 10.0
"""How long another process may take to let the file go, as when this actor is started again."""


class StoreActor:
    """Owns the DuckDB file: every write of the service goes through it, one after the other.

    Readers of other processes on its machine come in by the ledger's door.
    """

    def __init__(self, path: Path) -> None:
        collect_seldom()
        self._ledger = Ledger.open(path, wait_s=_WAIT_S)
        self._door = Door(self._ledger)
        self._door.open()

    def call(self, method: str, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """What the ledger's method returns."""
        return getattr(self._ledger, method)(*args, **kwargs)

    def close(self) -> None:
        """Writes everything back to the file and lets it go."""
        try:
            self._door.close()
        finally:
            self._ledger.close()
