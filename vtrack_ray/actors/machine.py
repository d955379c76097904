"""A machine: a node of the cluster as the launcher knows it: what runs on it, and whether it is given more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from vtrack_ray import __version__
from vtrack_ray.actors.monitor import FILES_S, FarMonitor, Glance, MonitorActor
from vtrack_ray.meaning.node import Node, NodeState, SourceReach
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.needs import Need
from vtrack_ray.pipeline.pace import Pace, Use
from vtrack_ray.settings import Settings
from vtrack_ray.sources.head import Through
from vtrack_ray.sources.proof import Proof

_ANSWER_S = 4.0
"""Less than the time between two looks at all machines."""
_LATELY_S = 15.0
"""After a link was down for a while, connections are given up one after the other."""
_ROUNDING = 1e-6


@dataclass(eq=False)
class Running:
    """A job that has a place; `answer` is what Ray was asked for, once it was."""

    need: Need
    answer: Any = None
    is_bound: bool = False
    """It can be done nowhere else."""
    is_taken_back: bool = False

    def take_back(self) -> None:
        """Ends it, to be done elsewhere."""
        self.is_taken_back = True
        if self.answer is not None:
            ray.cancel(self.answer, force=True)


class Machine:
    """A node of the cluster, with the head among them."""

    def __init__(
        self, node: Mapping[str, Any], name: str, settings: Settings, *, is_head: bool, is_dedicated: bool
    ) -> None:
        self.node_id: str = node["NodeID"]
        self.name = name
        self.address: str = node["NodeManagerAddress"]
        self.is_head = is_head
        self._cpus: float = node["Resources"].get("CPU", 0)
        self._memory_bytes: float = node["Resources"].get("memory", float("inf"))
        self.pace = Pace(settings, int(self._cpus), is_dedicated=is_dedicated)
        self.step = self.pace.first
        self.use: Use | None = None
        self.running: list[Running] = []
        self.is_drained = False
        self.drained_since: float | None = None
        self.wants_to_leave = False
        self.was_let_go = False
        self._unfit: str | None = None
        self._silent: str | None = None
        self._silent_s = -_LATELY_S
        self._has_answered = False
        self._monitor: Any = None
        self._asking: asyncio.Future[Glance] | None = None
        self.rest(is_resting=False)

    @property
    def cores(self) -> int:
        return int(self._cpus)

    @property
    def only_here(self) -> NodeAffinitySchedulingStrategy:
        return NodeAffinitySchedulingStrategy(self.node_id, soft=False)

    @property
    def is_resting(self) -> bool:
        return self._monitor is None

    def rest(self, *, is_resting: bool) -> None:
        """Has it rest, with nothing of ours running there, or be asked how it is again."""
        if is_resting:
            self._monitor, self._asking, self.use = None, None, None  # an actor that nobody refers to ends
        elif self._monitor is None and self.is_head:
            self._monitor = MonitorActor()
        elif self._monitor is None:
            options: dict[str, Any] = {"num_cpus": 0, "scheduling_strategy": self.only_here, "max_restarts": -1}
            self._monitor = FarMonitor(options)
            self._silent = "it has not answered yet"

    @property
    def state(self) -> NodeState:
        if self._unfit:
            return NodeState.UNFIT
        if self.is_drained:
            return NodeState.DRAINING if self.running else NodeState.DRAINED
        if self.is_resting:
            return NodeState.RESTING
        return NodeState.SILENT if self._silent else NodeState.WORKING

    @property
    def reason(self) -> str | None:
        """Why it is given no work, for a person."""
        if self._unfit or self.is_drained:
            return self._unfit
        return self._silent

    @property
    def slots(self) -> int:
        """How many samplings it may work on at once."""
        return self.step.size if self.state is NodeState.WORKING and self._cpus >= 1 else 0

    def clamped(self, need: Need) -> Need:
        """No more than the whole machine: what it can't give would be waited for without an end."""
        return Need(min(need.cpus, self._cpus), int(min(need.memory_bytes, self._memory_bytes)))

    def has_room(self, need: Need) -> bool:
        need = self.clamped(need)
        needs = [one.need for one in self.running]
        return (
            len(needs) < self.step.size
            and sum(one.cpus for one in needs) + need.cpus <= self._cpus + _ROUNDING
            and sum(one.memory_bytes for one in needs) + need.memory_bytes <= self._memory_bytes
        )

    def give(self, need: Need) -> Running:
        """Takes room for a job."""
        job = Running(self.clamped(need))
        self.running.append(job)
        return job

    def take_back(self) -> None:
        """Ends what runs there, to be done elsewhere; what can't be goes on."""
        for job in self.running:
            if not job.is_bound:
                job.take_back()

    def lose(self, reason: str) -> None:
        """It gets no more work before it has answered again."""
        self._silent, self._silent_s = reason, time.monotonic()

    async def look(self) -> Use | None:
        """How much of it is in use; None, and no more work for it, if it does not answer soon, or rests."""
        if self.is_resting:
            return None
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._monitor.glance())
        asking = self._asking
        await asyncio.wait([asking], timeout=_ANSWER_S)
        if not asking.done():
            self._quiet(f"it has not answered for {_ANSWER_S:g} s")
            return None
        if self._asking is asking:
            self._asking = None
        try:
            glance = asking.result()
        except RayError as error:  # it is gone, or its monitor is being started again, or can't be
            self._quiet(f"its monitor does not work: {_first_line(error)}")
            return None
        self._silent, self._has_answered = None, True
        self.use, self.wants_to_leave = glance.use, glance.wants_to_leave
        if not self.is_head:
            self._unfit = _unfit(glance)
        return glance.use

    def _quiet(self, reason: str) -> None:
        self.use = None
        if not self.is_head:  # what the head can't do shows in what is done
            self._silent = reason
            if self._has_answered:  # one that has just joined may still be starting its monitor
                self._silent_s = time.monotonic()

    async def is_out_of_touch(self) -> bool:
        """Whether it does not answer, or did not a moment ago; the head is always in touch with itself."""
        if self.is_head:
            return False
        return time.monotonic() - self._silent_s < _LATELY_S or await self.look() is None

    async def proofs(self, files: Sequence[FoundFile]) -> list[Proof] | None:
        """Those of the files, all of one source, that are there as they were found; None if its drive does not
        answer."""
        try:
            return await asyncio.wait_for(self._monitor.proofs(files), FILES_S)
        except (TimeoutError, RayError):
            return None

    async def doubts(self, proofs: Sequence[Proof], through: Through | None = None) -> list[str | None]:
        """Why it does not see each of these files, all of one source, as the head does, or can't read it `through` the
        head; None where it does, or can."""
        try:
            return await asyncio.wait_for(self._monitor.doubts(proofs, through), FILES_S)
        except TimeoutError:
            return [f"its drive has not answered for {FILES_S:g} s"] * len(proofs)
        except RayError as error:
            return [f"its monitor does not work: {_first_line(error)}"] * len(proofs)

    def let_go(self) -> None:
        """Tells it once that it may leave."""
        if not self.was_let_go and not self.is_resting:
            self.was_let_go = True
            self._monitor.let_go()

    def told(self, sources: Sequence[SourceReach]) -> Node:
        """What is known of it now."""
        return Node(
            name=self.name,
            address=self.address,
            is_head=self.is_head,
            state=self.state,
            reason=self.reason,
            cores=self.cores,
            batch=self.slots,
            running=len(self.running),
            cpu_percent=self.use and self.use.cpu,
            memory_percent=self.use and self.use.memory,
            seen_at=datetime.now(UTC),
            sources=tuple(sources),
        )


def _unfit(glance: Glance) -> str | None:
    """Why it can't be given work, for a person."""
    if glance.version != __version__:
        return f"it has vtrack {glance.version}, the head {__version__}"
    return f"{glance.lacks} is not installed there; `vtrack doctor` there says more" if glance.lacks else None


def _first_line(error: RayError) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
