"""A run in this process, without Ray: the same steps and the same tables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from vtrack_ray.footage.origin import reading_by
from vtrack_ray.ledger.database import READER_S
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.detector import EventDetector
from vtrack_ray.pipeline.launcher import LocalLauncher, LocalStore
from vtrack_ray.pipeline.progress import Progress
from vtrack_ray.pipeline.request import Request
from vtrack_ray.pipeline.runner import Runner
from vtrack_ray.pipeline.summary import Summary
from vtrack_ray.settings import Settings


def work_off(request: Request, settings: Settings, show: Callable[[Progress], None]) -> Summary:
    """Works off `request` and gives the summary; `show` is called with the progress again and again.

    Raises LedgerError if the database can't be used. KeyboardInterrupt passes through; what was finished is kept.
    """
    with Ledger.open(settings.DB, wait_s=READER_S) as ledger, Door(ledger), reading_by(settings):
        store = LocalStore(ledger)
        runner = Runner(
            request=request,
            settings=settings,
            store=store,
            launcher=LocalLauncher(before_each=lambda: show(runner.progress)),
            detector=EventDetector(store),
        )
        summary = asyncio.run(_run(runner))
        show(runner.progress)
        return summary


async def _run(runner: Runner) -> Summary:
    asyncio.get_running_loop().set_exception_handler(_tell)
    return await runner.run()


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An interrupt ends every task; it is told once, by whoever waits for the run."""
    if not isinstance(context.get("exception"), KeyboardInterrupt):
        loop.default_exception_handler(context)
