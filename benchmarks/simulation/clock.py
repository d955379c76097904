"""A clock for the simulation: computing takes its time, whoever waits does not, and each process has its own time.

What this one process does for the scheduler takes as long as it takes. What it does for the store, the event detector
or a machine of the cluster is measured and set aside: those have processes of their own, whose time goes on beside.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Spell:
    """A while in which this process does another's work; `seconds` of it, what was done within for others left out."""

    def __init__(self) -> None:
        self.seconds = 0.0


class Clock:
    """Seconds since the simulation began, by the scheduler; `measure` tells seconds of work of this process."""

    def __init__(self, measure: Callable[[], float] = time.perf_counter) -> None:
        self._measure = measure
        self._last_s = measure()
        self._now_s = 0.0
        self._spells: list[Spell] = []
        self.worked_s = 0.0
        """What the scheduler itself has taken."""

    def time(self) -> float:
        self._account()
        return self._now_s

    def leap(self, seconds: float) -> None:
        """Nobody does anything for so long."""
        self._account()
        self._now_s += seconds

    def spend(self, seconds: float) -> None:
        """Whoever is at work has so much more work, which this process does not do."""
        if self._spells:
            self._spells[-1].seconds += seconds
        else:
            self._now_s += seconds
            self.worked_s += seconds

    @contextmanager
    def aside(self) -> Iterator[Spell]:
        """What is done in here is somebody else's work."""
        self._account()
        spell = Spell()
        self._spells.append(spell)
        try:
            yield spell
        finally:
            self._account()
            self._spells.remove(spell)

    def _account(self) -> None:
        now_s = self._measure()
        taken_s, self._last_s = now_s - self._last_s, now_s
        if self._spells:
            self._spells[-1].seconds += taken_s
        else:
            self._now_s += taken_s
            self.worked_s += taken_s


class _Leaping(selectors.SelectSelector):
    """Whoever waits for an instant need not: it is that instant at once. What waits for a thread does wait."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            with self._clock.aside():
                return super().select()
        ready = super().select(0)
        if not ready and timeout > 0:
            self._clock.leap(timeout)
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop that goes by the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(_Leaping(clock))
        self._simulated = clock

    def time(self) -> float:
        return self._simulated.time()
