from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from vtrack_ray.pipeline.recurring import Recurring

NEVER_S = 1e6
SOME_TURNS = 20


def times_taken(every_s: float, rest_s: float | None, then: Callable[[Recurring], None]) -> int:
    """How often a step was taken, `then` being done after the first time."""
    taken = 0

    async def step() -> float | None:
        nonlocal taken
        taken += 1
        return rest_s

    async def story() -> None:
        recurring = Recurring(step, every_s)
        going_on = asyncio.create_task(recurring.go_on())
        await turns()
        then(recurring)
        await turns()
        going_on.cancel()
        with suppress(asyncio.CancelledError):
            await going_on

    asyncio.run(story())
    return taken


def turns() -> Coroutine[Any, Any, None]:
    async def pass_by() -> None:
        for _ in range(SOME_TURNS):
            await asyncio.sleep(0)

    return pass_by()


def test_a_step_is_taken_again_and_again() -> None:
    assert times_taken(0.0, None, lambda _: None) > 2


def test_it_is_not_taken_before_its_time_unless_asked_for() -> None:
    assert times_taken(NEVER_S, None, lambda _: None) == 1
    assert times_taken(NEVER_S, None, Recurring.ask) == 2


def test_it_rests_for_as_long_as_it_says_unless_asked_for() -> None:
    assert times_taken(0.0, NEVER_S, lambda _: None) == 1
    assert times_taken(0.0, NEVER_S, Recurring.ask) == 2


def test_with_news_it_is_taken_at_once_but_for_its_rest() -> None:
    assert times_taken(NEVER_S, None, Recurring.tell_news) == 2
    assert times_taken(0.0, NEVER_S, Recurring.tell_news) == 1


def test_news_that_come_while_it_is_taken_have_it_taken_once_more() -> None:
    taken = 0

    async def step() -> None:
        nonlocal taken
        taken += 1
        if taken == 1:
            recurring.tell_news()

    async def story() -> None:
        going_on = asyncio.create_task(recurring.go_on())
        await turns()
        going_on.cancel()
        with suppress(asyncio.CancelledError):
            await going_on

    recurring = Recurring(step, NEVER_S)
    asyncio.run(story())
    assert taken == 2
