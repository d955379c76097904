"""The launcher: runs jobs as Ray tasks, on the machines that have room for them and get at their files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

import ray
from ray.exceptions import (
    LocalRayletDiedError,
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    TaskCancelledError,
    TaskUnschedulableError,
    WorkerCrashedError,
)

from vtrack_ray.actors.machine import Machine
from vtrack_ray.actors.remote import told, unwrapped
from vtrack_ray.actors.roll import Roll
from vtrack_ray.actors.turns import Place, Turns
from vtrack_ray.actors.whereabouts import Whereabouts
from vtrack_ray.actors.work import Worked, task
from vtrack_ray.drive.account import account_path, kept_account
from vtrack_ray.errors import SamplerCrashed, SamplerLost, SourceOutOfSight, VideoError
from vtrack_ray.footage.origin import is_address
from vtrack_ray.meaning.node import NodeState, Reach
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.sampling_log import SamplingLog
from vtrack_ray.meaning.span import Coverage
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import Store
from vtrack_ray.pipeline.needs import MIB, Needs, Usage
from vtrack_ray.settings import Settings
from vtrack_ray.sources.head import Through
from vtrack_ray.sources.reach import is_at_drive

P = ParamSpec("P")
T = TypeVar("T")

_LOST = (NodeDiedError, LocalRayletDiedError, ObjectLostError, TaskUnschedulableError)
"""How Ray tells that a machine is gone, rather than the process that worked there: before it began, at work, or with
the answer."""
_NOT_THE_FILES = (SamplerCrashed, SamplerLost)
_LOOK_S = 4.0
"""A drive that hangs may take longer: the rest goes on meanwhile."""
_OUT_OF_SIGHT_S = 15.0
"""So long a job waits for a machine that gets at its file: one may just be joining."""


class RayLauncher:
    """Runs functions as Ray tasks; what is cancelled is killed at once, and its room free again."""

    def __init__(self, settings: Settings, store: Store, *, is_dedicated: bool) -> None:
        self._settings = settings
        self._whereabouts = Whereabouts(store)
        self._roll = Roll(settings, store, self._whereabouts, is_dedicated=is_dedicated)
        self._needs = Needs()
        self._learned: list[Occurrence] = []
        self._turns = Turns(self._eligible)
        self._looking: asyncio.Task[None] | None = None
        self.enough: int | None = None
        """So many processors are enough; None: as many as there are."""

    def let_read(self, through: Through) -> None:
        """Machines may read what they do not see through that service."""
        self._whereabouts.through = through

    @property
    def slots(self) -> int:
        return max(1, sum(machine.slots for machine in self._roll.machines if self._is_useful(machine)))

    async def run(self, job: Job, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if job.file is not None:
            self._whereabouts.note(job.file.source)
        while True:
            place = await self._turns.place(job, self._needs.of(job.kind))
            place.running.is_bound = job.file is None
            try:
                with job.watch.running():
                    worked = await self._worked(job, place, function, args, kwargs)
            except _NOT_THE_FILES:
                if not place.running.is_taken_back:
                    raise
            except VideoError:
                if not await self._is_in_doubt(place, job):
                    raise
            else:
                if not (_has_unreadable(worked.result) and await self._is_in_doubt(place, job)):
                    self._learn(job.kind, worked.usage)
                    result: T = worked.result
                    return result
            finally:
                place.machine.running.remove(place.running)
                self._turns.give()

    async def adjust(self) -> Sequence[Occurrence]:
        changes = [*self._learned, *await self._roll.call(self.enough)]
        self._learned.clear()
        await self._look_around()
        self._refuse_hopeless()
        self._turns.give()
        return [*changes, *await self._roll.tell()]

    async def _worked(self, job: Job, place: Place, function: object, args: object, kwargs: object) -> Worked:
        machine, running = place
        need = running.need
        options = {"num_cpus": need.cpus, "memory": need.memory_bytes, "scheduling_strategy": machine.only_here}
        told(machine.name, job.label)
        is_seen = job.file is None or self._whereabouts.reach(machine, job.file.source) is Reach.OWN
        through = None if is_seen else self._whereabouts.through
        is_signed_in = job.file is not None and is_at_drive(job.file.path)
        account = kept_account(account_path(self._settings.DB)) if is_signed_in else None
        call = task.options(name=job.label, **options)
        running.answer = call.remote(function, args, kwargs, self._settings, through, account)
        try:
            worked: Worked = await unwrapped(running.answer)
        except asyncio.CancelledError:
            ray.cancel(running.answer, force=True)
            raise
        except (WorkerCrashedError, TaskCancelledError) as error:
            if not running.is_taken_back and await machine.is_out_of_touch():
                # Ray can't tell a process that died from one that it has lost touch with.
                raise SamplerLost(f"{job.label}: the machine that worked on it was out of touch") from error
            raise SamplerCrashed(f"{job.label}: the process that worked on it died") from error
        except OutOfMemoryError as error:
            raise SamplerCrashed(f"{job.label}: the process that worked on it was ended for want of memory") from error
        except _LOST as error:
            machine.lose("a task that it worked on was lost")
            raise SamplerLost(f"{job.label}: the machine that was to work on it is gone") from error
        return worked

    def _eligible(self, job: Job) -> Mapping[Machine, int]:
        """The machines that may do the job, those that see its file before those that do not."""
        if job.file is None:
            return {machine: 0 for machine in self._roll.machines if machine.is_head}
        working = [machine for machine in self._roll.machines if machine.slots]
        reaches = {machine: self._whereabouts.reach(machine, job.file.source) for machine in working}
        if not job.is_on_video:  # a header tells of its file's name, and is read by a program that knows files alone
            return {one: 0 for one, reach in reaches.items() if reach is Reach.OWN}
        return {one: int(reach is not Reach.OWN) for one, reach in reaches.items() if reach is not Reach.NONE}

    def _is_useful(self, machine: Machine) -> bool:
        """Whether it gets at any source."""
        return any(one.reach is not Reach.NONE for one in self._whereabouts.of(machine)) or machine.is_head

    async def _is_in_doubt(self, place: Place, job: Job) -> bool:
        """Whether what a machine had trouble with may be fine elsewhere: then it is done again, where it is seen."""
        if place.machine.is_head or job.file is None or is_address(job.file.path):
            return False
        return not await self._whereabouts.still_sees(place.machine, self._roll.head, job.file)

    async def _look_around(self) -> None:
        """Has the machines compare files; a drive that hangs holds nothing up."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._whereabouts.look(self._roll.machines))
        done, _ = await asyncio.wait([self._looking], timeout=_LOOK_S)
        if done:
            looked, self._looking = self._looking, None
            looked.result()

    def _refuse_hopeless(self) -> None:
        """Has jobs wait no longer in here whose files no machine gets at."""
        late_s = time.monotonic() - _OUT_OF_SIGHT_S
        for turn in self._turns.waiting:
            if turn.since_s < late_s and turn.job.file is not None and not self._eligible(turn.job):
                self._turns.refuse(turn, SourceOutOfSight(self._why_hopeless(turn.job.file.source)))

    def _why_hopeless(self, source: str) -> str:
        resting = [one for one in self._roll.machines if one.state is not NodeState.WORKING]
        states = "; ".join(f"{one.name} is {one.state}" for one in resting)
        reasons = self._whereabouts.reasons(self._roll.machines, source)
        why = "; ".join(part for part in (reasons, states) if part) or "the head has no processors for tasks"
        return f"It waits, as no machine that may work gets at {source} ({why})"

    def _learn(self, kind: str, usage: Usage) -> None:
        if need := self._needs.learn(kind, usage):
            memory_mb = need.memory_bytes / MIB
            text = f"{kind}: {need.cpus:g} cores and {memory_mb:.0f} MB are asked for from now on"
            self._learned.append(Occurrence.now(OccurrenceKind.NEEDS, text, cores=need.cpus, memory_mb=memory_mb))


def _has_unreadable(result: object) -> bool:
    """Whether a sampling log tells of parts that could not be read, be it for the drive's fault."""
    return isinstance(result, SamplingLog) and any(one.coverage is Coverage.UNREADABLE for one in result.coverage)
