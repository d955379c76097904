"""Remote calls: a launcher of Ray tasks and a store behind a Ray actor, with errors as they were raised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import ray
from ray.exceptions import OutOfMemoryError, RayActorError, RayTaskError, WorkerCrashedError

from vtrack_ray.errors import ActorLost, SamplerCrashed
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.job import Job

P = ParamSpec("P")
T = TypeVar("T")

GO_ON = "What was finished is kept: run the same command again, without --force, and it goes on from there."


async def unwrapped(answer: Awaitable[T]) -> T:
    """The answer of a remote call; an error it raised comes back as itself, not as Ray's wrapper of it.

    Raises ActorLost if the actor that was called has died.
    """
    try:
        return await answer
    except RayTaskError as error:
        raise error.cause from error
    except RayActorError as error:
        raise ActorLost(f"A process of this run died ({error}). {GO_ON}") from error


def _work(function: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    return function(*args, **kwargs)


# A retry by Ray would know nothing of attempt numbers; what failed is tried again by the next run.
_task: Any = ray.remote(num_cpus=1, max_retries=0)(_work)


class RayLauncher:
    """Runs functions as Ray tasks of one CPU each; what is cancelled is killed at once, and its slot free again."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._free = asyncio.Semaphore(slots)

    async def run(self, job: Job, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._free:
            answer: Any = _task.options(name=job.label).remote(function, args, kwargs)
            try:
                with job.watch.running():
                    result: T = await unwrapped(answer)
            except asyncio.CancelledError:
                ray.cancel(answer, force=True)
                raise
            except WorkerCrashedError as error:
                raise SamplerCrashed(f"{job.label}: the process that worked on it died") from error
            except OutOfMemoryError as error:
                raise SamplerCrashed(
                    f"{job.label}: the process that worked on it was ended for want of memory"
                ) from error
            return result


class RayStore:
    """The ledger behind the store actor."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def __call__(self, method: Callable[Concatenate[Ledger, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = await unwrapped(self._actor.call.remote(method.__name__, args, kwargs))
        return result
