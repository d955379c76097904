"""A time limit on work that may hang: what was begun is ended for good when it is reached."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from vtrack_ray.errors import VideoTimedOut
from vtrack_ray.pipeline.stopwatch import Stopwatch

T = TypeVar("T")

_LOOK_S = 60.0
"""The watch, which runs no faster than time, is looked at when what is left may be over, and so often before: a look
each second took the scheduler 0.4 ms a video, with hundreds of them under way."""


async def within(limit_s: float, watch: Stopwatch, work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to; `watch` says how long it was worked on, waiting left out.

    Raises VideoTimedOut once that is longer than the limit, with all of the work ended, and whatever `work` raises.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait([task], timeout=min(_LOOK_S, max(0.0, limit_s - watch.seconds)) + 1e-3)
            if not task.done() and watch.seconds >= limit_s:
                raise VideoTimedOut(f"stopped after {watch.seconds:.0f} s of work (TIMEOUT_SECONDS is {limit_s:g})")
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
    return task.result()
