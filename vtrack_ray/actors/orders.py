"""Orders: what a session is to do, what it tells, and how all of it is ended; whoever waits for one needs no Ray."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Literal

import psutil
from pydantic import BaseModel

from vtrack_ray.meaning.occurrence import Occurrence
from vtrack_ray.settings import Settings


class Orders(BaseModel):
    """What a session is to do."""

    settings: Settings
    address: str | None
    has_dashboard: bool
    has_metrics: bool
    has_http: bool
    restarted: str | None = None
    """Why the session before this one ended, if it did not in good order."""


class Word(BaseModel):
    """What a session tells: something that happened, or why it ends, by the name of the error."""

    kind: Literal["occurrence", "error"]
    occurrence: Occurrence | None = None
    error: str = ""
    message: str = ""


def end_all_of(session_id: int) -> None:
    """Kills the processes of a session, but for the one that it is named after; Ray's are in groups of their own."""
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            if pid != session_id and os.getsid(pid) == session_id:
                os.kill(pid, signal.SIGKILL)
