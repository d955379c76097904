"""A recurring step: taken again and again, sooner where there is news, and at once when somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Recurring:
    """Takes `step` every so many seconds, counted from its end, until it is cancelled.

    A step may give the seconds that it rests: in these it is not taken again unless it is asked for, whatever is new.
    """

    def __init__(self, step: Callable[[], Awaitable[float | None]], every_s: float) -> None:
        self._step = step
        self._every_s = every_s
        self._asked = asyncio.Event()
        self._is_resting = False
        self._has_news = False

    def ask(self) -> None:
        """Has the step taken once more as soon as the one under way is done."""
        self._asked.set()

    def tell_news(self) -> None:
        """Has the step taken once more as soon as it has rested."""
        self._has_news = True
        if not self._is_resting:
            self._asked.set()

    async def go_on(self) -> None:
        """Does not end by itself. Raises what the step raises."""
        while True:
            self._asked.clear()
            self._is_resting, self._has_news = True, False
            rest_s = await self._step() or 0.0
            if await self._is_asked_within(rest_s):
                continue
            self._is_resting = False
            if not self._has_news:
                await self._is_asked_within(max(0.0, self._every_s - rest_s))

    async def _is_asked_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._asked.wait()
        except TimeoutError:
            return False
