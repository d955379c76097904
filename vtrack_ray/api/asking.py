"""Asking the ledger: what every route needs to answer a request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from vtrack_ray.errors import LedgerHeld
from vtrack_ray.ledger.answers import Answers, open_answers, open_owner
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.settings import Settings

_PATIENCE_S = 15.0
_LOOK_AGAIN_S = 0.05
_READING = ("GET", "HEAD")
_file = Lock()
"""One request at a time opens the file: it can't be open for reading and for writing at once."""


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _zone(settings: Annotated[Settings, Depends(_settings)]) -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


@contextmanager
def asked(settings: Settings, *, to_change: bool = False) -> Iterator[Answers]:
    """Answers from the database's owner, which may be just being started again; from the file where no service is.

    Raises LedgerError.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        with open_owner(settings.DB) as owner:
            if owner is not None:
                yield owner
                return
        if server_of(settings.DB) is None:
            # The file is not opened beside a service: its store would have to wait for it.
            with _file, open_answers(settings.DB, create=to_change) as answers:
                yield answers
            return
        if time.monotonic() > deadline:
            raise LedgerHeld("The service is being started; ask again in some seconds.")
        time.sleep(_LOOK_AGAIN_S)


def _answers(request: Request, settings: Annotated[Settings, Depends(_settings)]) -> Iterator[Answers]:
    with asked(settings, to_change=request.method not in _READING) as answers:
        yield answers


InForce = Annotated[Settings, Depends(_settings)]
Zone = Annotated[ZoneInfo, Depends(_zone)]
Asked = Annotated[Answers, Depends(_answers)]
