"""Presence: which process serves a database, told by a lock that ends with that process however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vtrack_ray.errors import LedgerHeld
from vtrack_ray.ledger.address import own_address, possible_addresses

_SUFFIX = ".service"


@contextmanager
def served(database: Path) -> Iterator[None]:
    """Holds the place of the one process that serves the database. Raises LedgerHeld if another one does."""
    path = own_address(database).with_suffix(_SUFFIX)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LedgerHeld(
                f"Process {_pid_in(path)} serves the database {database} already; `vtrack down` ends it."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def server_of(database: Path) -> int | None:
    """The process that serves the database, if one does."""
    for address in possible_addresses(database, _SUFFIX):
        with suppress(FileNotFoundError), address.open(encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _pid_in(address)
    return None


def _pid_in(path: Path) -> int | None:
    text = path.read_text("ascii")
    return int(text) if text else None
