"""Launchers and stores: where a function runs and where the ledger lives; here, both in this process."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import Occurrence
from vtrack_ray.pipeline.job import Job

P = ParamSpec("P")
T = TypeVar("T")


class Launcher(Protocol):
    """Runs functions of the layers below, at most `slots` at once; their errors come back as they were raised."""

    @property
    def slots(self) -> int: ...

    def run(self, job: Job, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """What `function` returns."""
        ...

    async def adjust(self) -> Sequence[Occurrence]:
        """Adjusts how much runs at once to what the machines can take, and tells what it changed."""
        ...


class Store(Protocol):
    """Calls a method of the one ledger: `await store(Ledger.claim_video, video_id, at)`."""

    async def __call__(
        self, method: Callable[Concatenate[Ledger, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T: ...


class LocalLauncher:
    """One function at a time, in this process; `before_each` is called before each of them."""

    slots = 1

    def __init__(self, before_each: Callable[[], None] = lambda: None) -> None:
        self._before_each = before_each

    async def run(self, job: Job, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        self._before_each()
        with job.watch.running():
            return function(*args, **kwargs)

    async def adjust(self) -> Sequence[Occurrence]:
        return ()


class LocalStore:
    """The ledger, opened by this process."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def __call__(self, method: Callable[Concatenate[Ledger, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return method(self._ledger, *args, **kwargs)
