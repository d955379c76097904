"""Turns: the jobs that wait for room, and who gets which."""

from __future__ import annotations

import asyncio
import time
from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from vtrack_ray.actors.machine import Machine, Running
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.needs import Need


class Place(NamedTuple):
    """Where a job is to be done."""

    machine: Machine
    running: Running


class Turn(NamedTuple):
    """A job that waits for room; the smallest comes first."""

    is_patient: bool
    number: int
    since_s: float
    job: Job
    need: Need
    place: asyncio.Future[Place]


class Turns:
    """`eligible` gives the machines that may do a job, whether they have room or not, each with how little it is the
    one to choose; jobs on files of one source may be done by the same ones."""

    def __init__(self, eligible: Callable[[Job], Mapping[Machine, int]]) -> None:
        self._eligible = eligible
        self._waiting: list[Turn] = []
        self._number = 0

    @property
    def waiting(self) -> Iterable[Turn]:
        return tuple(self._waiting)

    async def place(self, job: Job, need: Need) -> Place:
        """Waits for room for the job, and takes it. Raises what `refuse` was given for it."""
        self._number += 1
        future: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        turn = Turn(not job.is_urgent, self._number, time.monotonic(), job, need, future)
        insort(self._waiting, turn)
        self.give()
        try:
            return await future
        except asyncio.CancelledError:
            if not future.cancelled() and not future.exception():  # it was given a place at the same moment
                place = future.result()
                place.machine.running.remove(place.running)
            self.give()
            raise

    def give(self) -> None:
        """Gives room to those who wait, in their order; a big job is not passed over for ever by small ones: where
        it may be done, nothing that came later begins before it."""
        kept: list[Turn] = []
        able: dict[object, Mapping[Machine, int]] = {}  # of thousands of turns, most are for the same few sources
        reserved: set[Machine] = set()
        waiting, self._waiting = self._waiting, kept
        for turn in waiting:
            if turn.place.done():
                continue
            kind = (turn.job.file and turn.job.file.source, turn.job.is_on_video)
            ranks = able.get(kind)
            if ranks is None:
                ranks = able[kind] = self._eligible(turn.job)
            free = [one for one in ranks if one not in reserved and one.has_room(turn.need)] if ranks else []
            if free:
                best = min(free, key=lambda one: (ranks[one], len(one.running) - one.step.size))
                turn.place.set_result(Place(best, best.give(turn.need)))
            else:
                kept.append(turn)
                reserved.update(ranks)
                able[kind] = {}  # who comes later for the same waits as well

    def refuse(self, turn: Turn, error: Exception) -> None:
        """Has a job wait no longer."""
        if not turn.place.done():
            turn.place.set_exception(error)
            self._waiting.remove(turn)
