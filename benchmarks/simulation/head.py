"""The head of the cluster: the store and the event detector as processes of their own, and what calling them costs."""

from __future__ import annotations

import asyncio
import pickle
from collections import defaultdict
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from benchmarks.simulation.clock import Clock, Spell
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim, Outcome
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sampling_log import SamplingLog
from vtrack_ray.meaning.video import Video
from vtrack_ray.pipeline.detector import EventDetector, Uncoded
from vtrack_ray.pipeline.gathering import Gathering

P = ParamSpec("P")
T = TypeVar("T")

CALL_S = 0.0002
"""What a call of an actor costs on either side, beside what is written and read here (measured: 4,900 a second)."""


class Process:
    """One thing after the other: what it is given while it is at work waits."""

    def __init__(self) -> None:
        self._free_at_s = 0.0
        self.worked_s = 0.0

    async def work(self, seconds: float) -> None:
        """Comes back when it has done so much work, and all that it was given before."""
        self.worked_s += seconds
        now_s = asyncio.get_running_loop().time()
        self._free_at_s = max(now_s, self._free_at_s) + seconds
        await asyncio.sleep(self._free_at_s - now_s)


class SimulatedStore:
    """The ledger in a process of its own, as the scheduler asks it: what goes in and comes out is written and read as
    between processes."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self.process = Process()
        self.by_call: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0.0])
        """Number and seconds of the calls of each method."""

    async def __call__(self, method: Callable[Concatenate[Ledger, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        call = pickle.dumps((args, kwargs))
        self._clock.spend(CALL_S)
        found: T = _read(*await self.work(method, call))
        return found

    async def work(self, method: Callable[..., Any], call: bytes) -> tuple[bool, bytes]:
        """Whether a call, with what came of it, has failed: when its turn has come and it is done."""
        with self._clock.aside() as spell:
            has_failed, answer = self._answer(method, call)
        spell.seconds += CALL_S
        told = self.by_call[method.__name__]
        told[0] += 1
        told[1] += spell.seconds
        await self.process.work(spell.seconds)
        return has_failed, answer

    def _answer(self, method: Callable[..., Any], call: bytes) -> tuple[bool, bytes]:
        args, kwargs = pickle.loads(call)  # noqa: S301  written above
        try:
            return False, pickle.dumps(method(self._ledger, *args, **kwargs))
        except Exception as error:  # noqa: BLE001  it is the caller's to handle
            return True, pickle.dumps(error)


class _AskedBy:
    """The store, as another process than the scheduler asks it."""

    def __init__(self, process: Process, store: SimulatedStore, clock: Clock) -> None:
        self._process = process
        self._store = store
        self._clock = clock

    async def __call__(self, method: Callable[Concatenate[Ledger, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._clock.aside() as asking:
            call = pickle.dumps((args, kwargs))
        await self._process.work(asking.seconds + CALL_S)
        has_failed, answer = await self._store.work(method, call)
        with self._clock.aside() as reading:
            found: T = _read(has_failed, answer)
        await self._process.work(reading.seconds)
        return found


def _read(has_failed: bool, answer: bytes) -> Any:
    found = pickle.loads(answer)  # noqa: S301  written here
    if has_failed:
        raise found
    return found


class SimulatedDetector:
    """The event detector in a process of its own."""

    def __init__(self, store: SimulatedStore, clock: Clock) -> None:
        self.process = Process()
        self._detector = EventDetector(Gathering(_AskedBy(self.process, store, clock)))
        self._clock = clock

    async def conclude(
        self,
        claim: Claim,
        profile: Profile,
        logs: Sequence[SamplingLog],
        looks: Sequence[SamplingLog] | None = None,
    ) -> Outcome | Uncoded:
        told = pickle.dumps((claim, profile, logs, looks))
        return await self._called(self._concluded(told))

    async def _concluded(self, told: bytes) -> Outcome | Uncoded:
        claim, profile, logs, looks = pickle.loads(told)  # noqa: S301  written above
        return await self._detector.conclude(claim, profile, logs, looks)

    async def refold(self, profile: Profile, removed: Video) -> None:
        await self._called(self._detector.refold(profile, removed))

    async def _called(self, work: Coroutine[Any, Any, T]) -> T:
        self._clock.spend(CALL_S)
        steps = _Steps(work, self._clock)
        try:
            result: T = await steps
        finally:
            await self.process.work(steps.seconds + CALL_S)
        return result


class _Steps:
    """Goes on with some work whenever it can, each step set aside; `seconds` is how long they took in all."""

    def __init__(self, work: Coroutine[Any, Any, T], clock: Clock) -> None:
        self._work = work
        self._clock = clock
        self.seconds = 0.0

    def __await__(self) -> Generator[Any, Any, Any]:
        answer: Any = None
        error: BaseException | None = None
        while True:
            spell = Spell()
            try:
                with self._clock.aside() as spell:
                    awaited = self._work.throw(error) if error else self._work.send(answer)
            except StopIteration as end:
                return end.value
            finally:
                self.seconds += spell.seconds  # known once it is over
            try:
                answer, error = (yield awaited), None
            except BaseException as raised:  # noqa: BLE001  such as being cancelled: it is the work's to handle
                error = raised
