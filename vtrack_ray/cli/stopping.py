"""Stopping: how a command that goes on and on is ended, by Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def twice_stoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM alike raise KeyboardInterrupt, each of the first two; later ones do not disturb the end."""
    left = 2

    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
