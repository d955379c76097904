"""A recurring step: taken again and again, and at once when somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress


class Recurring:
    """Takes `step` every so many seconds, counted from its end, until it is cancelled.

    A step may give the seconds in which it need not be taken again unless it is asked for, if those are more.
    """

    def __init__(self, step: Callable[[], Awaitable[float | None]], every_s: float) -> None:
        self._step = step
        self._every_s = every_s
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Has the step taken once more as soon as the one under way is done."""
        self._asked.set()

    async def go_on(self) -> None:
        """Does not end by itself. Raises what the step raises."""
        while True:
            self._asked.clear()
            rest_s = await self._step()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(self._every_s, rest_s or 0.0)):
                    await self._asked.wait()
