"""A stopwatch: how long something was worked on, waiting left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Seconds in which at least one of several pieces of work went on; those that run side by side count once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running = 0
        self._since_s = 0.0
        self._before_s = 0.0

    @property
    def seconds(self) -> float:
        return self._before_s + (self._clock() - self._since_s if self._running else 0.0)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Counts the time until it is left; it may be entered again meanwhile."""
        if not self._running:
            self._since_s = self._clock()
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._before_s += self._clock() - self._since_s
