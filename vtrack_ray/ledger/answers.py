"""Answers from a ledger, whoever holds it: from its owner by the door, or from the file if nobody does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Client, Connection
from pathlib import Path
from threading import Lock
from typing import Any

from vtrack_ray.errors import LedgerError, LedgerHeld
from vtrack_ray.ledger.address import possible_addresses
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import EventFilter, VideoFilter, VideoRow
from vtrack_ray.ledger.wire import Answers, read_answer, write_call
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.video import VideoStatus

__all__ = ["Answers", "open_answers"]

_PATIENCE_S = 3.0
"""Between taking the file and opening its door, an owner brings the schema up to date; a reader lets go sooner."""
_LOOK_AGAIN_S = 0.1
_LONGEST_ANSWER_S = 300.0  # a million sights take half a minute
_LONGEST_COPY_S = 7200.0


@contextmanager
def open_answers(path: Path | str, *, create: bool = False) -> Iterator[Answers]:
    """Answers about the database at `path`, from its owner if there is one.

    `create`: if there is none, the database is opened for writing too, and made if need be. Raises LedgerError (there
    is no database yet, or it can't be read), LedgerHeld if it is held by a process that does not answer.
    """
    path = Path(path).absolute()
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        connection = _knock(path)
        if connection:
            with connection:
                yield _OwnersAnswers(path, connection)
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

    def events(self, event_filter: EventFilter | None = None) -> list[Event]:
        found: list[Event] = self._ask("events", event_filter=event_filter)
        return found

    def codes_like(self, text: str, most: int) -> list[str]:
        found: list[str] = self._ask("codes_like", text=text, most=most)
        return found

    def videos(self, video_filter: VideoFilter | None = None) -> list[VideoRow]:
        found: list[VideoRow] = self._ask("videos", video_filter=video_filter)
        return found

    def profiles(self) -> list[Profile]:
        found: list[Profile] = self._ask("profiles")
        return found

    def profile(self, camera_name: str) -> Profile | None:
        found: Profile | None = self._ask("profile", camera_name=camera_name)
        return found

    def save_profile(self, profile: Profile, *, if_not_person: bool = False) -> bool:
        is_saved: bool = self._ask("save_profile", profile=profile, if_not_person=if_not_person)
        return is_saved

    def forget_survey(self, camera_name: str) -> None:
        self._ask("forget_survey", camera_name=camera_name)

    def counts(self) -> dict[VideoStatus, int]:
        found: dict[VideoStatus, int] = self._ask("counts")
        return found

    def backup(self, path: Path | str) -> None:
        # Its owner works elsewhere: a name alone would be another place there.
        self._ask("backup", _LONGEST_COPY_S, path=str(Path(path).absolute()))

    def _ask(self, call: str, longest_s: float = _LONGEST_ANSWER_S, /, **arguments: object) -> Any:
        with self._asking:
            try:
                self._connection.send_bytes(write_call(call, arguments))
                if not self._connection.poll(longest_s):
                    raise LedgerError(f"The process that holds the database {self._path} does not answer; stop it.")
                message = self._connection.recv_bytes()
            except (EOFError, OSError) as error:
                raise LedgerError(
                    f"The process that held the database {self._path} has ended before it answered; ask again."
                ) from error
        return read_answer(call, message)
