"""The launcher: runs jobs as Ray tasks, on the machines that have room for them."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import resource
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

import ray
from ray.exceptions import (
    LocalRayletDiedError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    TaskUnschedulableError,
    WorkerCrashedError,
)
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from vtrack_ray.actors.monitor import MonitorActor
from vtrack_ray.actors.remote import told, unwrapped
from vtrack_ray.errors import SamplerCrashed, SamplerLost
from vtrack_ray.footage.origin import reading_by
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.needs import MIB, Need, Needs, Usage
from vtrack_ray.pipeline.pace import Pace, Use
from vtrack_ray.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

_LOST = (NodeDiedError, LocalRayletDiedError, ObjectLostError, TaskUnschedulableError)
"""How Ray tells that a machine is gone, rather than the process that worked there: before it began, at work, or with
the answer."""

_JOBS = 200
_POLITE = 10
"""Samplers give way to everything else on the machine (see nice(1))."""
_CLEAR_PEAK = "5"
"""Resets the peak of resident memory (proc_pid_clear_refs(5))."""


class _Worked(NamedTuple):
    result: Any
    usage: Usage


def _work(
    function: Callable[..., Any], args: tuple[object, ...], kwargs: dict[str, object], settings: Settings
) -> _Worked:
    """Runs in a process of Ray's: it is polite, and bounded, and tells what it used."""
    os.nice(max(0, _POLITE - os.nice(0)))
    most_bytes = settings.TASK_MEMORY_MB * MIB
    # Native code that asks for more is refused, or ends this process alone: no other video pays for it.
    # What the jobs before it have left behind is not held against it.
    resource.setrlimit(resource.RLIMIT_DATA, (_own_bytes("VmData") + most_bytes, resource.RLIM_INFINITY))
    with suppress(OSError):  # not every kernel has it: then the peak is that of all jobs before as well
        Path("/proc/self/clear_refs").write_text(_CLEAR_PEAK, "ascii")
    began_s, cpu_before_s = time.monotonic(), _cpu_s()
    try:
        with reading_by(settings):
            result = function(*args, **kwargs)
    except MemoryError as error:
        raise SamplerCrashed(f"it needs more than {most_bytes // MIB} MB of memory (TASK_MEMORY_MB)") from error
    return _Worked(result, Usage(_cpu_s() - cpu_before_s, time.monotonic() - began_s, _own_bytes("VmHWM")))


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _own_bytes(field: str) -> int:
    """What this process has of that kind of memory (proc_pid_status(5))."""
    status = Path("/proc/self/status").read_text("ascii")
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:")]
    return int(kilobytes) * 1024


# A retry by Ray would know nothing of attempt numbers; whoever asked for the job decides on the next attempt.
# A process ends after so many jobs, and with it whatever native code has leaked.
_task: Any = ray.remote(max_retries=0, max_calls=_JOBS)(_work)


class _Machine:
    """A node of the cluster, and what runs on it."""

    def __init__(self, node: dict[str, Any], settings: Settings, *, is_dedicated: bool) -> None:
        self.node_id: str = node["NodeID"]
        self.name: str = node["NodeManagerHostname"]
        self._cpus: float = node["Resources"]["CPU"]
        self._memory_bytes: float = node["Resources"].get("memory", float("inf"))
        self.pace = Pace(settings, int(self._cpus), is_dedicated=is_dedicated)
        self.step = self.pace.first
        self.running: list[Need] = []
        options: dict[str, Any] = {"num_cpus": 0, "scheduling_strategy": self.only_here, "max_restarts": -1}
        self._monitor: Any = ray.remote(MonitorActor).options(**options).remote()

    @property
    def cores(self) -> int:
        return int(self._cpus)

    @property
    def only_here(self) -> NodeAffinitySchedulingStrategy:
        return NodeAffinitySchedulingStrategy(self.node_id, soft=False)

    def clamped(self, need: Need) -> Need:
        """No more than the whole machine: what it can't give would be waited for without an end."""
        return Need(min(need.cpus, self._cpus), int(min(need.memory_bytes, self._memory_bytes)))

    def has_room(self, need: Need) -> bool:
        need = self.clamped(need)
        return (
            len(self.running) < self.step.size
            and sum(one.cpus for one in self.running) + need.cpus <= self._cpus + 1e-6
            and sum(one.memory_bytes for one in self.running) + need.memory_bytes <= self._memory_bytes
        )

    async def use(self) -> Use:
        use: Use = await self._monitor.use.remote()
        return use


class _Turn(NamedTuple):
    """A job that waits for room; the smallest comes first."""

    is_patient: bool
    number: int
    need: Need
    place: asyncio.Future[tuple[_Machine, Need]]


class RayLauncher:
    """Runs functions as Ray tasks; what is cancelled is killed at once, and its room free again."""

    def __init__(self, settings: Settings, *, is_dedicated: bool) -> None:
        self._settings = settings
        self._is_dedicated = is_dedicated
        self._machines: dict[str, _Machine] = {}
        self._needs = Needs()
        self._learned: list[Occurrence] = []
        self._turns: list[_Turn] = []
        self._numbers = itertools.count()

    @property
    def slots(self) -> int:
        return max(1, sum(machine.step.size for machine in self._machines.values()))

    async def run(self, job: Job, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        machine, need = await self._place(job)
        try:
            with job.watch.running():
                worked = await self._worked(job, machine, need, function, args, kwargs)
        finally:
            machine.running.remove(need)
            self._give_turns()
        self._learn(job.kind, worked.usage)
        result: T = worked.result
        return result

    async def adjust(self) -> Sequence[Occurrence]:
        # What a machine that was just met has in use shows when it is asked the next time.
        paced = [change for machine in list(self._machines.values()) for change in await self._paced(machine)]
        changes = [*self._learned, *paced, *self._met()]
        self._learned.clear()
        self._give_turns()
        return changes

    async def _worked(
        self, job: Job, machine: _Machine, need: Need, function: object, args: object, kwargs: object
    ) -> _Worked:
        options = {"num_cpus": need.cpus, "memory": need.memory_bytes, "scheduling_strategy": machine.only_here}
        told(machine.name, job.label)
        answer: Any = _task.options(name=job.label, **options).remote(function, args, kwargs, self._settings)
        try:
            worked: _Worked = await unwrapped(answer)
        except asyncio.CancelledError:
            ray.cancel(answer, force=True)
            raise
        except WorkerCrashedError as error:
            raise SamplerCrashed(f"{job.label}: the process that worked on it died") from error
        except OutOfMemoryError as error:
            raise SamplerCrashed(f"{job.label}: the process that worked on it was ended for want of memory") from error
        except _LOST as error:
            raise SamplerLost(f"{job.label}: the machine that was to work on it is gone") from error
        return worked

    async def _place(self, job: Job) -> tuple[_Machine, Need]:
        """Waits for room for the job, and takes it."""
        wanted = self._needs.of(job.kind)
        turn = _Turn(not job.is_urgent, next(self._numbers), wanted, asyncio.get_running_loop().create_future())
        heapq.heappush(self._turns, turn)
        self._give_turns()
        try:
            return await turn.place
        except asyncio.CancelledError:
            if not turn.place.cancelled():  # it was given a place at the same moment
                machine, need = turn.place.result()
                machine.running.remove(need)
            self._give_turns()
            raise

    def _give_turns(self) -> None:
        """Gives room to those who wait, in their order; a big job is not passed over for ever by small ones."""
        while self._turns:
            turn = self._turns[0]
            if not turn.place.cancelled():
                machines = [machine for machine in self._machines.values() if machine.has_room(turn.need)]
                if not machines:
                    return
                machine = max(machines, key=lambda machine: machine.step.size - len(machine.running))
                need = machine.clamped(turn.need)
                machine.running.append(need)
                turn.place.set_result((machine, need))
            heapq.heappop(self._turns)

    def _learn(self, kind: str, usage: Usage) -> None:
        if need := self._needs.learn(kind, usage):
            memory_mb = need.memory_bytes / MIB
            self._learned.append(
                _occurrence(
                    OccurrenceKind.NEEDS,
                    f"{kind}: {need.cpus:g} cores and {memory_mb:.0f} MB are asked for from now on",
                    cores=need.cpus,
                    memory_mb=memory_mb,
                )
            )

    def _met(self) -> list[Occurrence]:
        """Takes in the machines that have joined, and lets go of those that are gone."""
        changes = []
        known: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        nodes = {node["NodeID"]: node for node in known if node["Alive"] and "CPU" in node["Resources"]}
        for node_id in self._machines.keys() - nodes.keys():
            gone = self._machines.pop(node_id)
            changes.append(_occurrence(OccurrenceKind.BATCH, f"{gone.name} has left", node=gone.name, size=0))
        for node_id in nodes.keys() - self._machines.keys():
            machine = _Machine(nodes[node_id], self._settings, is_dedicated=self._is_dedicated)
            self._machines[node_id] = machine
            changes.append(_batch(machine))
        return changes

    async def _paced(self, machine: _Machine) -> list[Occurrence]:
        try:
            use = await machine.use()
        except RayActorError:
            return []  # it is gone, or its monitor is being started again
        before = machine.step.size
        machine.step = machine.pace.next(before, use)
        return [_batch(machine, cpu=use.cpu, memory=use.memory)] if machine.step.size != before else []


def _batch(machine: _Machine, **figures: float) -> Occurrence:
    text = f"{machine.name}: {machine.step.size} at once, as {machine.step.reason}"
    sizes = {"size": machine.step.size, "cores": machine.cores}
    return _occurrence(OccurrenceKind.BATCH, text, node=machine.name, **sizes, **figures)


def _occurrence(kind: OccurrenceKind, text: str, node: str | None = None, **figures: float) -> Occurrence:
    return Occurrence(at=datetime.now(UTC), kind=kind, text=text, node=node, figures=figures)
