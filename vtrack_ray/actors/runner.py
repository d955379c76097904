"""The runner actor: works off one request, tells how far it is, and stops when asked."""

from __future__ import annotations

import asyncio
from typing import Any

from vtrack_ray.actors.detector import RayDetector
from vtrack_ray.actors.remote import RayStore
from vtrack_ray.pipeline.garbage import collect_seldom
from vtrack_ray.pipeline.gathering import Gathering
from vtrack_ray.pipeline.progress import Progress
from vtrack_ray.pipeline.request import Request
from vtrack_ray.pipeline.summary import Summary
from vtrack_ray.settings import Settings


class RunnerActor:
    """Holds the queue's order and the tasks under way, and nothing that the ledger can't give back.

    A person waits for it: it fills the machines' cores.
    """

    def __init__(self, request: Request, settings: Settings, store: Any, detector: Any) -> None:
        # Imported here: whoever only makes this actor need not wait for what looks at videos to be imported.
        from vtrack_ray.actors.launcher import RayLauncher
        from vtrack_ray.pipeline.runner import Runner

        collect_seldom()
        ledger = Gathering(RayStore(store))
        self._runner = Runner(
            request=request,
            settings=settings,
            store=ledger,
            launcher=RayLauncher(settings, ledger, is_dedicated=True),
            detector=RayDetector(detector),
        )
        self._running: asyncio.Task[Summary] | None = None

    async def run(self) -> Summary | None:
        """Works off the backlog; None if it was stopped."""
        self._running = asyncio.create_task(self._runner.run())
        try:
            return await self._running
        except asyncio.CancelledError:
            return None

    async def progress(self) -> Progress:
        return self._runner.progress

    async def stop(self) -> None:
        """Ends the tasks under way and gives their videos back; what they had finished is kept."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
            await asyncio.wait([self._running])
