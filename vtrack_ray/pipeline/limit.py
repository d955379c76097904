"""A limit: how long work on one video may take. Knows nothing of what the work is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from vtrack_ray.errors import VideoTimedOut
from vtrack_ray.pipeline.stopwatch import Stopwatch

T = TypeVar("T")

_WATCH_S = 1.0
"""How often the time a video takes is looked at: what hangs is stopped so much later at most."""


async def limited(
    work: Coroutine[object, object, T], watch: Stopwatch, limit_s: float, reached: Callable[[], str]
) -> T:
    """What the work returns; `watch` tells how long it was worked on so far, waiting left out.

    Raises VideoTimedOut, with what `reached` says, once that is longer than `limit_s`, with all of the work ended.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait([task], timeout=min(_WATCH_S, max(0.0, limit_s - watch.seconds)) + 1e-3)
            if not task.done() and watch.seconds >= limit_s:
                raise VideoTimedOut(
                    f"stopped after {watch.seconds:.0f} s of work (TIMEOUT_SECONDS is {limit_s:g}); {reached()}"
                )
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
    return task.result()
