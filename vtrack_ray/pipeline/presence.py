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
from vtrack_ray.pipeline.meanwhile import meanwhile

_SUFFIX = ".service"
_FRESH_EVERY_S = 12 * 3600.0
"""systemd-tmpfiles removes temporary files that nobody has touched for ten days, and sockets nobody listens on."""
_A_LOOK_S = 1.0
"""Whoever looks whether the database is served holds the lock for a moment."""


@contextmanager
def served(database: Path) -> Iterator[None]:
    """Holds the place of the one process that serves the database. Raises LedgerHeld if another one does.

    It may have been started in another environment, and so hold a place in another folder.
    """
    if pid := server_of(database):
        raise _served_already(database, pid)
    path = own_address(database).with_suffix(_SUFFIX)
    with path.open("a+", encoding="ascii") as file:
        deadline = time.monotonic() + _A_LOOK_S
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise _served_already(database, _pid_in(path))
            time.sleep(_A_LOOK_S / 10)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        with meanwhile(lambda: os.utime(file.fileno()), _FRESH_EVERY_S, "vtrack presence"):
            yield


def server_of(database: Path) -> int | None:
    """The process that serves the database, if one does."""
    for address in possible_addresses(database, _SUFFIX):
        with suppress(FileNotFoundError), address.open(encoding="ascii") as file:
            if not _locked(file, fcntl.LOCK_SH):
                return _pid_in(address)
    return None


def _served_already(database: Path, pid: int | None) -> LedgerHeld:
    return LedgerHeld(f"Process {pid} serves the database {database} already; `vtrack down` ends it.")


def _locked(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(path: Path) -> int | None:
    text = path.read_text("ascii")
    return int(text) if text else None
