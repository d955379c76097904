"""A service in this process, whose clock is set by hand and whose jobs can be held back."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from vtrack_ray.footage.origin import reading_by
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import HistoryFilter, VideoRow
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramRequest
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.pipeline.detector import EventDetector
from vtrack_ray.pipeline.gathering import Gathering
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import LocalStore
from vtrack_ray.pipeline.scheduler import Scheduler
from vtrack_ray.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

NOW = datetime(2025, 11, 20, 3, tzinfo=UTC)
LIMIT_S = 120.0
"""A guard against hanging: nothing here takes long."""
LOOK_AGAIN_S = 0.1
A_FEW_TURNS_S = 1.3
"""In which whatever should not happen would have happened: the service looks for orders twice a second."""


def in_a_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that is a coroutine."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), LIMIT_S))

    return run


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Gate:
    """Where calls of some kind wait until it is opened; `waiting` says what does."""

    def __init__(self, is_meant: Callable[[str], bool]) -> None:
        self.is_meant = is_meant
        self.waiting: list[str] = []
        self._open = asyncio.Event()

    def open(self) -> None:
        self._open.set()

    async def passed(self, name: str) -> None:
        if self.is_meant(name):
            self.waiting.append(name)
            try:
                await self._open.wait()
            finally:
                self.waiting.remove(name)


@dataclass
class Gates:
    gates: list[Gate] = field(default_factory=list)

    def close(self, *parts: str) -> Gate:
        """Holds whatever has one of the parts in its name."""
        gate = Gate(lambda name: any(part in name for part in parts))
        self.gates.append(gate)
        return gate

    async def passed(self, name: str) -> None:
        for gate in self.gates:
            await gate.passed(name)


class Threads(Gates):
    """Has room for several samplings, of which one is worked on at a time; jobs are named by their labels."""

    def __init__(self, slots: int = 2) -> None:
        super().__init__()
        self.slots = slots
        self.begun: list[Job] = []
        self._room = asyncio.Semaphore(slots)
        self._thread = ThreadPoolExecutor(1)

    async def run(self, job: Job, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._room if job.label.startswith("sample:") else nullcontext():
            with job.watch.running():
                self.begun.append(job)
                await self.passed(job.label)
                call = functools.partial(contextvars.copy_context().run, function, *args, **kwargs)
                return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def adjust(self) -> Sequence[Occurrence]:
        return ()


class Remote(Gates):
    """The ledger, as far away as an actor: others get their turn before a call, and again before its answer.

    Calls are named as `claim()`; what is held back is the answer, if it is one.
    """

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._local = LocalStore(ledger)

    async def __call__(self, method: Callable[Concatenate[Ledger, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        await asyncio.sleep(0)
        answer = await self._local(method, *args, **kwargs)
        await asyncio.sleep(0)
        if answer:
            await self.passed(f"{method.__name__}()")
        return answer


class Service:
    """What a test needs of a service at work."""

    def __init__(self, ledger: Ledger, launcher: Threads, store: Remote, clock: Clock, settings: Settings) -> None:
        self.ledger = ledger
        self.launcher = launcher
        self.store = store
        self.clock = clock
        gathering = Gathering(store)
        self.scheduler = Scheduler(
            settings=settings, store=gathering, launcher=launcher, detector=EventDetector(gathering), now=clock
        )
        self.serving = asyncio.create_task(self.scheduler.serve())

    async def until(self, is_so: Callable[[], object]) -> None:
        """Waits; raises what the service raised, if it ends before that."""
        while not is_so():
            await asyncio.wait([self.serving], timeout=LOOK_AGAIN_S)
            if self.serving.done() and not is_so():
                self.serving.result()
                raise AssertionError("the service has ended")

    async def a_few_turns(self) -> None:
        await asyncio.wait([self.serving], timeout=A_FEW_TURNS_S)
        assert not self.serving.done(), self.serving.result()

    async def end(self) -> None:
        self.scheduler.end()
        await self.serving

    def ask(self, kind: ProgramKind, **what: Any) -> Program:
        program = self.ledger.request_program(ProgramRequest(kind=kind, **what), self.clock())
        self.scheduler.look()
        return program

    def program(self, program: Program) -> Program:
        return next(one for one in self.ledger.programs() if one.program_id == program.program_id)

    def is_over(self, program: Program) -> bool:
        return self.program(program).state.is_final

    def is_idle(self) -> bool:
        """Whether there are videos, all of them at an end."""
        rows = self.ledger.videos()
        return bool(rows) and all(row.status.is_final for row in rows)

    def video(self, path: Path) -> VideoRow:
        [row] = [row for row in self.ledger.videos() if row.path == str(path)]
        return row

    def status(self, path: Path) -> VideoStatus | None:
        return next((row.status for row in self.ledger.videos() if row.path == str(path)), None)

    def history(self, *kinds: OccurrenceKind) -> list[Occurrence]:
        return self.ledger.history(HistoryFilter(kinds=kinds))

    def said(self, *kinds: OccurrenceKind) -> list[str]:
        return [one.text for one in self.history(*kinds)]

    async def scanned_again(self) -> Occurrence:
        """Waits for the end of one more scan than there were."""
        before = len(self.history(OccurrenceKind.SCAN))
        await self.until(lambda: len(self.history(OccurrenceKind.SCAN)) > before)
        return self.history(OccurrenceKind.SCAN)[-1]


@asynccontextmanager
async def served(
    ledger: Ledger,
    *roots: Path,
    slots: int = 2,
    clock: Clock | None = None,
    **settings: Any,
) -> AsyncIterator[Service]:
    """A service on these sources, ended at the end if it was not before."""
    clock = clock or Clock()
    for root in roots:
        ledger.add_root(str(root), clock())
    given = Settings.model_validate({"DB": ledger.path, "BACKUP_HOURS": 0, **settings})
    with reading_by(given):
        service = Service(ledger, Threads(slots), Remote(ledger), clock, given)
    try:
        yield service
        if not service.serving.done():
            for gate in (*service.launcher.gates, *service.store.gates):
                gate.open()
            await service.end()
    finally:
        service.serving.cancel()
        await asyncio.wait([service.serving])


def put(clip: Path, folder: Path, days_ago: float, *, camera_name: str = "cam1", modified: datetime = NOW) -> Path:
    """A copy of the clip, recorded so many days before `NOW`, as its name tells, and last changed an hour before."""
    started = NOW - timedelta(days=days_ago)
    path = folder / camera_name / f"{started:%Y%m%dT%H%M%SZ}.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(clip, path)
    touch(path, modified - timedelta(hours=1))
    return path


def touch(path: Path, modified: datetime) -> None:
    os.utime(path, (modified.timestamp(), modified.timestamp()))


class Counting(LocalStore):
    """Lets others have their turn, and counts what is asked."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.asked: Counter[str] = Counter()

    async def __call__(self, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        self.asked[method.__name__] += 1
        await asyncio.sleep(0)
        return await super().__call__(method, *args, **kwargs)
