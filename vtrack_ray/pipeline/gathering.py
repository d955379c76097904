"""A gathering: what is asked of a store while it is busy waits, and then goes together, as one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.launcher import Store

P = ParamSpec("P")
T = TypeVar("T")

TOGETHER: Mapping[Callable[..., Any], Callable[[Ledger, Sequence[Any]], Sequence[Any]]] = {
    Ledger.log_span: Ledger.log_spans,
    Ledger.neighbours: Ledger.neighbours_in,
    Ledger.conclude: Ledger.conclude_videos,
    Ledger.record: Ledger.record_all,
}
"""What takes the arguments of many calls of a method, and gives for each what it returns, or raises."""

_MOST = 64
"""So many go together at most: who waits for the store besides does not wait for a whole backlog."""


class _Asked(NamedTuple):
    arguments: tuple[Any, ...]
    answer: asyncio.Future[Any]


class Gathering:
    """A store that answers many calls for little more than one.

    Nobody waits for others to ask: a call goes at once if no other one of its method is under way.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[Callable[..., Any], list[_Asked]] = {}
        """Of each method of which a call is under way, those that came since."""
        self._under_way: set[asyncio.Task[None]] = set()

    async def __call__(self, method: Callable[Concatenate[Ledger, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if kwargs or method not in TOGETHER:
            return await self._store(method, *args, **kwargs)
        asked = _Asked(args, asyncio.get_running_loop().create_future())
        if method in self._waiting:
            self._waiting[method].append(asked)
        else:
            self._waiting[method] = [asked]
            task = asyncio.create_task(self._ask(method))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        answer: T = await asked.answer
        return answer

    async def _ask(self, method: Callable[..., Any]) -> None:
        """Asks until nobody waits."""
        while waiting := self._waiting[method]:
            some, self._waiting[method] = waiting[:_MOST], waiting[_MOST:]
            for one, answer in zip(some, await self._answers(method, some), strict=True):
                _give(one.answer, answer)
        del self._waiting[method]

    async def _answers(self, method: Callable[..., Any], asked: Sequence[_Asked]) -> Sequence[Any]:
        try:
            return await self._store(TOGETHER[method], [one.arguments for one in asked])
        except Exception as error:  # noqa: BLE001  it is for each of them to handle
            return [error] * len(asked)


def _give(waiting: asyncio.Future[Any], answer: object) -> None:
    if waiting.done():
        return  # whoever asked was cancelled meanwhile
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)
