"""Simulated nodes: machines that take the measured time for what they are asked, and of which some fail."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, ParamSpec, TypeVar

from benchmarks.simulation.clock import Clock
from benchmarks.simulation.recordings import Recordings, chances
from vtrack_ray.errors import SamplerCrashed, SamplerLost, StaleAttempt
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.sampling_log import SamplingLog
from vtrack_ray.pipeline.job import Job

P = ParamSpec("P")
T = TypeVar("T")

_TASK_S = 0.0006
"""What a task of Ray's costs the process that asks for it (measured: 1,760 a second)."""
_LATENCY_S = 0.0015
"""How long a task takes of which there is nothing to do (measured)."""
_CRASHES = 0.01
"""So many jobs fail."""
_LOST_EVERY_S = 30.0
_AWAY_S = 60.0


@dataclass(eq=False)
class Node:
    """A machine: how many of its slots are taken, the jobs it is at and since when, and how long it was at others."""

    name: str
    slots: int
    taken: int = 0
    jobs: dict[asyncio.Future[None], float] = field(default_factory=dict)
    worked_s: float = 0.0
    is_gone: bool = False

    def busy_s(self, now_s: float) -> float:
        """Seconds of work in all of its slots."""
        return self.worked_s + sum(now_s - since_s for since_s in self.jobs.values())


class _Turn(NamedTuple):
    is_patient: bool
    number: int
    place: asyncio.Future[Node]


class Nodes:
    """A launcher on so many nodes of so many slots each, which know what is in the recordings.

    With failures, one job in a hundred crashes halfway, and every half minute a node is lost for a minute; what it was
    at is answered all the same, too late and wrong.
    """

    def __init__(
        self, number: int, slots: int, recordings: Recordings, ledger: Ledger, clock: Clock, *, has_failures: bool
    ) -> None:
        self._recordings = recordings
        self._ledger = ledger
        self._clock = clock
        self._has_failures = has_failures
        self._slots = slots
        self._names = itertools.count()
        self._numbers = itertools.count()
        self._turns: list[_Turn] = []
        self._told: list[Occurrence] = []
        self.nodes: list[Node] = []
        self.gone: list[Node] = []
        for _ in range(number):
            self._join()
        self.jobs = 0
        self.crashed = 0
        self.lost = 0
        self.late = 0
        self.late_refused = 0

    @property
    def slots(self) -> int:
        return sum(node.slots for node in self.nodes)

    @property
    def known(self) -> Sequence[Node]:
        """All that there ever were."""
        return [*self.gone, *self.nodes]

    async def run(self, job: Job, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        node = await self._place(job)
        try:
            pickle.dumps((job, function, args, kwargs))
            self._clock.spend(_TASK_S)
            with self._clock.aside():
                result, seconds = self._recordings.answer(function, args)
                answer = pickle.dumps(result)
            await asyncio.sleep(_LATENCY_S)
            with job.watch.running():
                await self._work(node, job, result, seconds)
        finally:
            node.taken -= 1
            self._give_turns()
        received: T = pickle.loads(answer)  # noqa: S301  written above
        return received

    async def adjust(self) -> Sequence[Occurrence]:
        told, self._told = self._told, []
        self._give_turns()
        return told

    async def fail(self) -> None:
        """Loses nodes, for as long as it is awaited."""
        for number in itertools.count():
            await asyncio.sleep(_LOST_EVERY_S)
            if len(self.nodes) > 1:
                self._lose(self.nodes.pop(int(chances("lost", number)[0] * len(self.nodes))))

    def _lose(self, node: Node) -> None:
        node.is_gone = True
        self.gone.append(node)
        self._told.append(_batch(node, 0))
        for done in node.jobs:
            _settle(done, is_lost=True)
        asyncio.get_running_loop().call_later(_AWAY_S, self._join)

    async def _work(self, node: Node, job: Job, result: object, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self.jobs += 1
        crashes = self._has_failures and chances("crash", self.jobs)[0] < _CRASHES
        done: asyncio.Future[None] = loop.create_future()
        end = loop.call_later(seconds / 2 if crashes else seconds, _settle, done)
        node.jobs[done] = loop.time()
        if node.is_gone:
            _settle(done, is_lost=True)
        try:
            await done
        except SamplerLost as error:
            self.lost += 1
            if isinstance(result, SamplingLog):
                with self._clock.aside():
                    self._answer_late(result, seconds)
            raise SamplerLost(f"{job.label}: the machine that was to work on it is gone") from error
        finally:
            end.cancel()
            node.worked_s += loop.time() - node.jobs.pop(done)
        if crashes:
            self.crashed += 1
            raise SamplerCrashed(f"{job.label}: the process that worked on it died")

    async def _place(self, job: Job) -> Node:
        """As a real launcher does it: by turns, on the node with the most room."""
        turn = _Turn(not job.is_urgent, next(self._numbers), asyncio.get_running_loop().create_future())
        heapq.heappush(self._turns, turn)
        self._give_turns()
        try:
            return await turn.place
        except asyncio.CancelledError:
            if not turn.place.cancelled():
                turn.place.result().taken -= 1
            self._give_turns()
            raise

    def _give_turns(self) -> None:
        while self._turns:
            if not self._turns[0].place.cancelled():
                node = max(self.nodes, key=_room)
                if _room(node) <= 0:
                    return
                node.taken += 1
                self._turns[0].place.set_result(node)
            heapq.heappop(self._turns)

    def _join(self) -> None:
        node = Node(f"node{next(self._names)}", self._slots)
        self.nodes.append(node)
        self._told.append(_batch(node, node.slots))
        self._give_turns()

    def _answer_late(self, log: SamplingLog, after_s: float) -> None:
        """The machine is not dead, but cut off: it finishes its work, and answers when nobody waits for it any more."""
        row = self._ledger.video(log.video_id)
        if row is None:
            return
        attempt = row.attempt

        def answer() -> None:
            with self._clock.aside():
                self.late += 1
                try:
                    self._ledger.log_span(log.video_id, attempt, "of a cut-off machine", log)
                except StaleAttempt:
                    self.late_refused += 1

        asyncio.get_running_loop().call_later(after_s, answer)


def _settle(done: asyncio.Future[None], *, is_lost: bool = False) -> None:
    if not done.done():
        if is_lost:
            done.set_exception(SamplerLost)
        else:
            done.set_result(None)


def _room(node: Node) -> int:
    return node.slots - node.taken


def _batch(node: Node, size: int) -> Occurrence:
    return Occurrence(
        at=datetime.now(UTC),
        kind=OccurrenceKind.BATCH,
        text=f"{node.name}: {size} at once",
        node=node.name,
        figures={"size": size, "cores": node.slots},
    )
