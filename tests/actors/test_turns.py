"""Who gets which room: in order, but nobody waits for a machine that can't do his job."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from tests.pipeline.services import in_a_loop
from vtrack_ray.actors.machine import Machine, Running
from vtrack_ray.actors.turns import Place, Turns
from vtrack_ray.errors import SourceOutOfSight
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.needs import Need
from vtrack_ray.pipeline.pace import Step

ONE = Need(1.0, 1)


class Desk:
    """Room for so many jobs: what turns need of a machine, which a Ray is needed for."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.step = Step(room, "it has room for so many")
        self.running: list[Running] = []

    def has_room(self, need: Need) -> bool:
        return sum(one.need.cpus for one in self.running) + need.cpus <= self.room

    def give(self, need: Need) -> Running:
        self.running.append(Running(need))
        return self.running[-1]


def job(kind: str, *, is_urgent: bool = False) -> Job:
    file = FoundFile(source=kind, path=f"{kind}/a.mp4", camera_name="cam1", size_bytes=1, modified_ns=1)
    return Job(label=kind, kind=kind, is_urgent=is_urgent, file=file)


def turns(**kinds: list[Desk]) -> Turns:
    """By the jobs' kinds, the machines that may do them."""
    return Turns(lambda job: cast("dict[Machine, int]", {one: rank for rank, one in enumerate(kinds[job.kind])}))


def asked(waiting: Turns, kind: str, need: Need = ONE, *, is_urgent: bool = False) -> asyncio.Task[Place]:
    return asyncio.create_task(waiting.place(job(kind, is_urgent=is_urgent), need))


async def given(*tasks: asyncio.Task[Place]) -> list[bool]:
    for _ in range(3):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


def over(place: Place) -> None:
    place.machine.running.remove(place.running)


@in_a_loop
async def test_who_can_go_elsewhere_does_not_wait_for_who_can_not() -> None:
    head, other = Desk(1), Desk(1)
    waiting = turns(own=[head], any=[other, head])
    first, second, third, fourth = (asked(waiting, kind) for kind in ("own", "own", "any", "any"))
    assert await given(first, second, third, fourth) == [True, False, True, False]
    over(first.result())
    waiting.give()
    assert await given(second, fourth) == [True, False], "it came first, and the head was kept for it"
    over(third.result())
    waiting.give()
    assert await given(fourth) == [True]


@in_a_loop
async def test_a_big_job_is_not_passed_over_by_small_ones_and_an_urgent_one_goes_first() -> None:
    desk = Desk(2)
    waiting = turns(any=[desk])
    small, big, later = asked(waiting, "any"), asked(waiting, "any", Need(2.0, 1)), asked(waiting, "any")
    urgent = asked(waiting, "any", is_urgent=True)
    assert await given(small, big, later, urgent) == [True, False, False, True]
    over(small.result())
    waiting.give()
    assert await given(big, later) == [False, False]
    over(urgent.result())
    waiting.give()
    assert await given(big, later) == [True, False]


@in_a_loop
async def test_who_gives_up_or_is_refused_leaves_his_room_to_others() -> None:
    desk = Desk(1)
    waiting = turns(any=[desk], none=[])
    first, second, hopeless = asked(waiting, "any"), asked(waiting, "any"), asked(waiting, "none")
    assert await given(first, second, hopeless) == [True, False, False]
    [turn] = [turn for turn in waiting.waiting if turn.job.kind == "none"]
    waiting.refuse(turn, SourceOutOfSight("nobody sees it"))
    assert await given(hopeless) == [True]
    with pytest.raises(SourceOutOfSight):
        hopeless.result()
    second.cancel()
    await given(second)
    assert list(waiting.waiting) == []
