"""The node monitor: tells how much of a machine is in use, and which files it sees; on other machines, an actor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import psutil
import ray

from vtrack_ray import __version__
from vtrack_ray.actors.card import own_card
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.pace import Use
from vtrack_ray.sources.head import Through, doubt_through
from vtrack_ray.sources.proof import Proof, doubt, proof_of
from vtrack_ray.vision.zbar import missing_library


class Glance(NamedTuple):
    """What a machine tells of itself."""

    use: Use
    version: str
    lacks: str | None
    """A library that is needed and not installed there."""
    wants_to_leave: bool


class MonitorActor:
    """Looks at the machine it runs on. A drive that hangs keeps it from no other answer."""

    def __init__(self) -> None:
        psutil.cpu_percent()  # the next call tells the use since this one
        self._card = own_card()

    def glance(self) -> Glance:
        """The use of processors since the last call, and of memory now."""
        use = Use(cpu=psutil.cpu_percent(), memory=psutil.virtual_memory().percent)
        return Glance(use, __version__, missing_library(), self._card is not None and self._card.wants_to_leave)

    def let_go(self) -> None:
        """Tells whoever started Ray here that nothing is done here any more."""
        if self._card is not None:
            self._card.let_go()

    @ray.method(concurrency_group="files")
    def proofs(self, files: Sequence[FoundFile]) -> list[Proof]:
        """Those of the files that are there as they were found."""
        return [proof for file in files if (proof := proof_of(file))]

    @ray.method(concurrency_group="files")
    def doubts(self, proofs: Sequence[Proof]) -> list[str | None]:
        """Why each of the files seen here is not the one that the head sees; None where it is."""
        return [doubt(proof) for proof in proofs]

    @ray.method(concurrency_group="files")
    def doubts_through(self, proofs: Sequence[Proof], through: Through) -> list[str | None]:
        """Why each of the files can't be read through the head from here; None where it can."""
        return [doubt_through(proof, through) for proof in proofs]


class OwnMonitor:
    """The monitor of the machine that asks, in the very process: another one would take a second to start, and 90 MB.

    A drive that hangs keeps it from no other answer either.
    """

    def __init__(self) -> None:
        self._monitor = MonitorActor()
        self._files = ThreadPoolExecutor(1, "files")

    async def glance(self) -> Glance:
        return self._monitor.glance()

    def let_go(self) -> None:
        self._monitor.let_go()

    async def proofs(self, files: Sequence[FoundFile]) -> list[Proof]:
        found: list[Proof] = await self._of_files(self._monitor.proofs, files)
        return found

    async def doubts(self, proofs: Sequence[Proof], through: Through | None) -> list[str | None]:
        told: list[str | None] = await (
            self._of_files(self._monitor.doubts_through, proofs, through)
            if through
            else self._of_files(self._monitor.doubts, proofs)
        )
        return told

    async def _of_files(self, look: Any, *args: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._files, look, *args)


class FarMonitor:
    """The monitor of another machine."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def glance(self) -> Glance:
        glance: Glance = await self._actor.glance.remote()
        return glance

    def let_go(self) -> None:
        self._actor.let_go.remote()

    async def proofs(self, files: Sequence[FoundFile]) -> list[Proof]:
        found: list[Proof] = await self._actor.proofs.remote(files)
        return found

    async def doubts(self, proofs: Sequence[Proof], through: Through | None) -> list[str | None]:
        told: list[str | None] = await (
            self._actor.doubts_through.remote(proofs, through) if through else self._actor.doubts.remote(proofs)
        )
        return told


_remote: Any = ray.remote  # its types know nothing of concurrency groups
Monitor: Any = _remote(concurrency_groups={"files": 1})(MonitorActor)
