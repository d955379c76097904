"""Lanes: threads for what may hang, such as a look at a drive, one for each thing that may."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Lanes:
    """Makes calls, those of each lane one after the other; what hangs in one lane holds no other up.

    Nor does it keep the process from ending.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, SimpleQueue[tuple[Future[Any], Callable[[], Any]]]] = {}

    async def call(self, lane: str, function: Callable[[], T]) -> T:
        """What the function comes to; it is not called any more if nobody waits for it when its turn comes."""
        if lane not in self._lanes:
            self._lanes[lane] = SimpleQueue()
            Thread(target=_work_on, args=(self._lanes[lane],), name=f"lane {lane}", daemon=True).start()
        result: Future[T] = Future()
        self._lanes[lane].put((result, function))
        return await asyncio.wrap_future(result)


def _work_on(calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]]]) -> None:
    while True:
        result, function = calls.get()
        if not result.set_running_or_notify_cancel():
            continue
        try:
            result.set_result(function())
        except BaseException as error:  # noqa: BLE001  whoever waits for it is told
            result.set_exception(error)
