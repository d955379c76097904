"""Presence: which process serves a database, told by a lock that ends with that process however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vtrack_ray.errors import LedgerHeld
from vtrack_ray.ledger.address import own_address, possible_addresses

_SUFFIX = ".service"
_A_LOOK_S = 1.0
"""Whoever looks whether the database is served holds the lock for a moment."""


@contextmanager
def served(database: Path) -> Iterator[None]:
    """Holds the place of the one process that serves the database. Raises LedgerHeld if another one does."""
    path = own_address(database).with_suffix(_SUFFIX)
    with path.open("a+", encoding="ascii") as file:
        deadline = time.monotonic() + _A_LOOK_S
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise LedgerHeld(
                    f"Process {_pid_in(path)} serves the database {database} already; `vtrack down` ends it."
                )
            time.sleep(_A_LOOK_S / 10)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def server_of(database: Path) -> int | None:
    """The process that serves the database, if one does."""
    for address in possible_addresses(database, _SUFFIX):
        with suppress(FileNotFoundError), address.open(encoding="ascii") as file:
            if not _locked(file, fcntl.LOCK_SH):
                return _pid_in(address)
    return None


def _locked(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(path: Path) -> int | None:
    text = path.read_text("ascii")
    return int(text) if text else None
