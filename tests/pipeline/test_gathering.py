"""What is asked of a store while it is busy goes together, and each has its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.ledger.examples import claimed, log
from vtrack_ray.errors import ActorLost, StaleAttempt
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim
from vtrack_ray.pipeline import gathering
from vtrack_ray.pipeline.gathering import Gathering
from vtrack_ray.pipeline.launcher import LocalStore


class Busy(LocalStore):
    """Answers nobody until it is let go on, and remembers what it was asked."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.asked: list[tuple[str, int]] = []
        self.is_lost = False
        self.may_answer = asyncio.Event()

    async def __call__(self, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        self.asked.append((method.__name__, len(args[0])))
        await self.may_answer.wait()
        if self.is_lost:
            raise ActorLost
        return await super().__call__(method, *args, **kwargs)


@pytest.fixture
def store(ledger: Ledger) -> Busy:
    return Busy(ledger)


@pytest.fixture
def claims(ledger: Ledger) -> list[Claim]:
    return [claimed(ledger, f"{number}.mp4") for number in range(5)]


async def logged(store: Busy, gathering: Gathering, claims: list[Claim]) -> list[BaseException | None]:
    """What came of logging a span of each: of the first, and of all others while that is under way."""
    store.may_answer.clear()
    calls = []
    for claim in claims:
        video_id = claim.video.video_id
        calls.append(asyncio.create_task(gathering(Ledger.log_span, video_id, claim.attempt, "digest", log(video_id))))
        while not store.asked:
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    store.may_answer.set()
    return await asyncio.gather(*calls, return_exceptions=True)


def test_the_first_goes_at_once_and_the_rest_together(ledger: Ledger, store: Busy, claims: list[Claim]) -> None:
    assert asyncio.run(logged(store, Gathering(store), claims)) == [None] * 5
    assert store.asked == [("log_spans", 1), ("log_spans", 4)]
    ids = [claim.video.video_id for claim in claims]
    assert ledger.logs(ids) == {video_id: [log(video_id)] for video_id in ids}


def test_no_more_than_so_many_go_together(store: Busy, claims: list[Claim], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_MOST", 3)
    assert asyncio.run(logged(store, Gathering(store), claims)) == [None] * 5
    assert [size for _, size in store.asked] == [1, 3, 1]


def test_what_is_refused_is_refused_alone(ledger: Ledger, store: Busy, claims: list[Claim]) -> None:
    late = claims[2]
    ledger.release(late.video.video_id, late.attempt, "it was given up")
    answers = asyncio.run(logged(store, Gathering(store), claims))
    assert isinstance(answers.pop(2), StaleAttempt)
    assert answers == [None] * 4
    assert ledger.logs([late.video.video_id]) == {late.video.video_id: []}


def test_what_a_lost_store_is_asked_is_lost_for_each_and_it_may_be_asked_again(
    store: Busy, claims: list[Claim]
) -> None:
    async def asked() -> None:
        gathered = Gathering(store)
        store.is_lost = True
        assert [type(answer) for answer in await logged(store, gathered, claims)] == [ActorLost] * 5
        store.is_lost = False
        assert await logged(store, gathered, claims) == [None] * 5

    asyncio.run(asked())


def test_one_who_no_longer_waits_holds_nobody_up(ledger: Ledger, store: Busy, claims: list[Claim]) -> None:
    async def asked() -> None:
        gathered = Gathering(store)
        waiting = [
            asyncio.create_task(gathered(Ledger.log_span, of, claim.attempt, "digest", log(of)))
            for claim in claims
            if (of := claim.video.video_id)
        ]
        await asyncio.sleep(0)
        waiting.pop(3).cancel()
        store.may_answer.set()
        assert await asyncio.gather(*waiting) == [None] * 4

    asyncio.run(asked())
    ids = [claim.video.video_id for claim in claims]
    assert [len(logs) for logs in ledger.logs(ids).values()] == [1] * 5


@pytest.mark.parametrize("many", gathering.TOGETHER.values())
def test_none_at_all_may_be_asked_for(ledger: Ledger, many: Callable[..., Any]) -> None:
    assert list(many(ledger, [])) == []
