"""The door: by it, the process that owns a database answers readers in other processes of the same user."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Client, Connection
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from vtrack_ray.errors import LedgerError, LedgerHeld
from vtrack_ray.ledger.address import own_address
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.wire import answer_call

log = logging.getLogger(__name__)

_LARGEST_CALL = 10_000_000  # bytes: a filter that names 500,000 videos
_BACKLOG = 16
_FINISHING_S = 2.0
"""How long the answers under way may take once the door is being closed."""
_LEAVING_S = 1.0
"""How long to wait for those who were cut off."""
_TRY_AGAIN_S = 0.2


class Door:
    """Answers the calls of `Answers` on a Unix socket, each connection in a thread of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._address: Path | None = None
        self._socket: socket.socket | None = None
        self._closing = Event()
        self._thread: Thread | None = None
        self._visits: list[_Visit] = []

    def open(self) -> None:
        """Starts to answer. Raises LedgerError if there can be no socket, LedgerHeld if another process answers."""
        address = own_address(self._ledger.path)
        _clear(address, self._ledger.path)
        self._address, self._socket = address, _listening(address)
        self._closing.clear()
        self._thread = Thread(target=self._let_in, args=(self._socket,), name="vtrack door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops to answer, after the answers under way; a reader that does not take its answer is left after 3 s."""
        if self._socket is None or self._address is None or self._thread is None:
            return
        listening, self._socket = self._socket, None
        self._closing.set()
        _shut(listening, socket.SHUT_RDWR)  # wakes the thread that waits for connections
        self._thread.join()
        listening.close()
        self._address.unlink(missing_ok=True)
        _end(self._visits, socket.SHUT_RD, _FINISHING_S)
        _end(self._visits, socket.SHUT_RDWR, _LEAVING_S)
        self._forget_ended()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _let_in(self, listening: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                self._visits.append(_Visit(self._ledger, listening.accept()[0]))
            except OSError as error:
                if not self._closing.is_set():
                    log.warning("A reader of the database was not let in: %s", error)
                    self._closing.wait(_TRY_AGAIN_S)
            self._forget_ended()

    def _forget_ended(self) -> None:
        ended = [visit for visit in self._visits if not visit.is_going_on]
        self._visits = [visit for visit in self._visits if visit not in ended]
        for visit in ended:
            visit.close()


class _Visit:
    """One reader's connection, answered in a thread of its own until either side ends it."""

    def __init__(self, ledger: Ledger, visitor: socket.socket) -> None:
        self._ledger = ledger
        self._socket = visitor
        # A descriptor of its own, so that the socket can be shut from another thread at any time.
        self._connection = Connection(os.dup(visitor.fileno()))
        self._thread = Thread(target=self._answer, name="vtrack answers", daemon=True)
        self._thread.start()

    @property
    def is_going_on(self) -> bool:
        return self._thread.is_alive()

    def shut(self, how: int) -> None:
        """Ends waiting for calls (SHUT_RD), or for the reader to take an answer too (SHUT_RDWR)."""
        _shut(self._socket, how)

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def close(self) -> None:
        """Lets go of the socket of a visit that has ended."""
        self._socket.close()

    def _answer(self) -> None:
        with self._connection as connection:
            try:
                while True:
                    connection.send_bytes(answer_call(self._ledger, connection.recv_bytes(_LARGEST_CALL)))
            except (EOFError, OSError):
                self.shut(socket.SHUT_RDWR)  # the reader has left, talks nonsense, or the door is being closed


def _listening(address: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(str(address))
        address.chmod(0o600)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise LedgerError(f"The socket {address} can't be made: {error.strerror}.") from error
    return listening


def _end(visits: Sequence[_Visit], how: int, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    for visit in visits:
        visit.shut(how)
    for visit in visits:
        visit.join(max(0.0, deadline - time.monotonic()))


def _shut(one: socket.socket, how: int) -> None:
    with suppress(OSError):  # the other side has left already
        one.shutdown(how)


def _clear(address: Path, database: Path) -> None:
    """Removes what a killed owner left behind. This process holds the database, so nobody else should answer."""
    try:
        Client(str(address), family="AF_UNIX").close()
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        address.unlink(missing_ok=True)
    else:
        raise LedgerHeld(f"Another process answers for the database {database} on {address}; stop that one.")
