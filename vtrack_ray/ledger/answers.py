"""Answers from a ledger, whoever holds it: from its owner by the door, or from the file if nobody does."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Client, Connection
from pathlib import Path
from threading import Lock
from typing import Any, cast

from vtrack_ray.errors import LedgerError, LedgerHeld
from vtrack_ray.ledger.address import possible_addresses
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.wire import CALLS, Answers, read_answer, write_call

__all__ = ["Answers", "Owner", "open_answers", "open_owner"]

_PATIENCE_S = 3.0
"""Between taking the file and opening its door, an owner brings the schema up to date; a reader lets go sooner."""
_LOOK_AGAIN_S = 0.1
_LONGEST_ANSWER_S = 300.0  # a million sights take half a minute
_LONGEST_COPY_S = 7200.0
_MOST_KEPT = 8
"""Connections; each is a thread of the owner's."""


@contextmanager
def open_answers(path: Path | str, *, create: bool = False) -> Iterator[Answers]:
    """Answers about the database at `path`, from its owner if there is one.

    `create`: if there is none, the database is opened for writing too, and made if need be. Raises LedgerError (there
    is no database yet, or it can't be read), LedgerHeld if it is held by a process that does not answer.
    """
    path = Path(path).absolute()
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        with open_owner(path) as owner:
            if owner is not None:
                yield owner
                return
        try:
            ledger = Ledger.open(path, read_only=not create)
        except LedgerHeld:
            if time.monotonic() > deadline:
                raise
        else:
            with ledger:
                yield ledger
            return
        time.sleep(_LOOK_AGAIN_S)


@contextmanager
def open_owner(path: Path | str) -> Iterator[Answers | None]:
    """Answers from the process that owns the database at `path`; None if nobody answers for it."""
    path = Path(path).absolute()
    connection = _knock(path)
    if connection is None:
        yield None
        return
    with connection:
        yield cast("Answers", _OwnersAnswers(path, connection))


class Owner:
    """The process that owns the database at `path`, whichever it is; for whoever asks it often, from several threads.

    A connection is kept for the next one who asks: making it takes as long as a short answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._kept: deque[_OwnersAnswers] = deque()

    @contextmanager
    def answers(self) -> Iterator[Answers | None]:
        """Answers, as of `open_owner`."""
        owner = self._taken()
        if owner is None:
            yield None
            return
        try:
            yield cast("Answers", owner)
        finally:
            if owner.is_idle() and len(self._kept) < _MOST_KEPT:
                self._kept.append(owner)
            else:
                owner.close()

    def close(self) -> None:
        """Lets go of what is kept."""
        while self._kept:
            self._kept.pop().close()

    def _taken(self) -> _OwnersAnswers | None:
        while True:
            try:
                owner = self._kept.pop()
            except IndexError:
                connection = _knock(self._path)
                return _OwnersAnswers(self._path, connection) if connection else None
            if owner.is_idle():
                return owner
            owner.close()  # the process at its other end is gone


def _knock(path: Path) -> Connection | None:
    for address in possible_addresses(path):
        try:
            return Client(str(address), family="AF_UNIX")
        except (FileNotFoundError, ConnectionRefusedError):
            continue  # left behind by a killed owner; the next one removes it
    return None


class _OwnersAnswers:
    """The methods of `Answers`, asked of the owner; safe to use from several threads."""

    def __init__(self, path: Path, connection: Connection) -> None:
        self._path = path
        self._connection = connection
        self._asking = Lock()
        self._is_amid = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in CALLS:
            raise AttributeError(name)
        return partial(self._ask, name)

    def is_idle(self) -> bool:
        """Whether the next call can be asked: none is under way or was broken off, and the owner is still there."""
        return not self._is_amid and not self._connection.poll(0)

    def close(self) -> None:
        self._connection.close()

    def backup(self, path: Path) -> None:
        # Its owner works elsewhere: a name alone would be another place there.
        self._ask("backup", path.absolute(), longest_s=_LONGEST_COPY_S)

    def _ask(self, call: str, /, *args: object, longest_s: float = _LONGEST_ANSWER_S, **kwargs: object) -> Any:
        with self._asking:
            message = write_call(call, *args, **kwargs)
            self._is_amid = True
            try:
                self._connection.send_bytes(message)
                if not self._connection.poll(longest_s):
                    raise LedgerError(f"The process that holds the database {self._path} does not answer; stop it.")
                message = self._connection.recv_bytes()
            except (EOFError, OSError) as error:
                raise LedgerError(
                    f"The process that held the database {self._path} has ended before it answered; ask again."
                ) from error
            self._is_amid = False
        return read_answer(call, message)
