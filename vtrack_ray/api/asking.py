"""Asking the ledger: what every route needs to answer a request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from vtrack_ray.errors import LedgerHeld
from vtrack_ray.ledger.answers import Answers, Owner, open_answers
from vtrack_ray.ledger.wire import CALLS
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.settings import Settings

_PATIENCE_S = 15.0
_LOOK_AGAIN_S = 0.05
_READING = ("GET", "HEAD")


class Asking:
    """Asks the database of one service, for all of its requests."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.DB
        self._owner = Owner(settings.DB)
        # One request at a time opens the file: it can't be open for reading and for writing at once.
        self._file = Lock()

    def answers(self, *, to_change: bool = False) -> Answers:
        """Answers from the database's owner, whoever it is at each call; from the file where no service is.

        The owner may be just being started again, which each call waits for. Every method may raise LedgerError.
        """
        return cast("Answers", _Calls(partial(self._ask, to_change)))

    def _ask(self, to_change: bool, call: str, /, *args: object, **kwargs: object) -> Any:
        with self._answering(to_change=to_change) as answers:
            return getattr(answers, call)(*args, **kwargs)

    @contextmanager
    def _answering(self, *, to_change: bool) -> Iterator[Answers]:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            with self._owner.answers() as owner:
                if owner is not None:
                    yield owner
                    return
            if server_of(self._path) is None:
                # The file is not opened beside a service: its store would have to wait for it.
                with self._file, open_answers(self._path, create=to_change) as answers:
                    yield answers
                return
            if time.monotonic() > deadline:
                raise LedgerHeld("The service is being started; ask again in some seconds.")
            time.sleep(_LOOK_AGAIN_S)


class _Calls:
    """The methods of `Answers`."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask = ask

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in CALLS:
            raise AttributeError(name)
        return partial(self._ask, name)


# Coroutines, though they wait for nothing: a function would be run in another thread.
async def _asking(request: Request) -> Asking:
    asking: Asking = request.app.state.asking
    return asking


async def _answers(request: Request, asking: Annotated[Asking, Depends(_asking)]) -> Answers:
    return asking.answers(to_change=request.method not in _READING)


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _zone(settings: Annotated[Settings, Depends(_settings)]) -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


InForce = Annotated[Settings, Depends(_settings)]
Zone = Annotated[ZoneInfo, Depends(_zone)]
Asks = Annotated[Asking, Depends(_asking)]
Asked = Annotated[Answers, Depends(_answers)]
