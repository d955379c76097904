"""A look: what is asked of a place that may never answer, such as a disk that is gone, and only for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from vtrack_ray.errors import SamplerCrashed, SamplerLost, VideoTimedOut
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import Launcher
from vtrack_ray.pipeline.time_limit import within

P = ParamSpec("P")
T = TypeVar("T")

_LIMIT_S = 20.0
NO_ANSWER = (VideoTimedOut, SamplerCrashed, SamplerLost)
"""What a look raises that did not come to its end."""


async def look(launcher: Launcher, label: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function comes to, in a process that can be ended. Raises `NO_ANSWER`, and what the function raises."""
    job = Job(label=label, kind="look", is_urgent=True)
    return await within(_LIMIT_S, job.watch, launcher.run(job, function, *args, **kwargs))
