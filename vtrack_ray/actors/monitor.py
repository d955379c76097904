"""The node monitor: tells how much of a machine is in use, and which files it sees; on other machines, an actor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import psutil
import ray

from vtrack_ray import __version__
from vtrack_ray.actors.card import own_card
from vtrack_ray.actors.lanes import Lanes
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.pace import Use
from vtrack_ray.sources.head import Through, doubt_through
from vtrack_ray.sources.proof import Proof, doubt, proof_of
from vtrack_ray.vision.zbar import missing_library

T = TypeVar("T")

FILES_S = 20.0
"""So long a look at files may take: a disk that spins up takes about that."""


class Glance(NamedTuple):
    """What a machine tells of itself."""

    use: Use
    version: str
    lacks: str | None
    """A library that is needed and not installed there."""
    wants_to_leave: bool


class MonitorActor:
    """Looks at the machine it runs on. A drive that hangs keeps it from no other answer, nor from a look elsewhere.

    The head has it in the very process that asks: another one would take a second to start, and 90 MB.
    """

    def __init__(self) -> None:
        psutil.cpu_percent()  # the next call tells the use since this one
        self._card = own_card()
        self._lanes = Lanes()

    async def glance(self) -> Glance:
        """The use of processors since the last call, and of memory now."""
        use = Use(cpu=psutil.cpu_percent(), memory=psutil.virtual_memory().percent)
        return Glance(use, __version__, missing_library(), self._card is not None and self._card.wants_to_leave)

    def let_go(self) -> None:
        """Tells whoever started Ray here that nothing is done here any more."""
        if self._card is not None:
            self._card.let_go()

    async def proofs(self, files: Sequence[FoundFile]) -> list[Proof]:
        """Those of the files, all of one source, that are there as they were found. Raises TimeoutError."""
        found = await self._looked(files[0].source, lambda: [proof_of(file) for file in files])
        return [proof for proof in found if proof]

    async def doubts(self, proofs: Sequence[Proof], through: Through | None) -> list[str | None]:
        """Why each of the files, all of one source, is not seen here as the head sees it, or can't be read `through`
        the head; None where it is, or can. Raises TimeoutError."""
        source = proofs[0].file.source
        if through is None:
            return await self._looked(source, lambda: [doubt(proof) for proof in proofs])
        # Beside those of the source itself: where its drive hangs here, it may be read through the head.
        return await self._looked(f"{source} through the head", lambda: [doubt_through(one, through) for one in proofs])

    async def _looked(self, lane: str, look: Callable[[], list[T]]) -> list[T]:
        """What is seen. What waits behind a look that hangs is given up like that one."""
        return await asyncio.wait_for(self._lanes.call(lane, look), FILES_S)


class FarMonitor:
    """The monitor of another machine, an actor with these options."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._actor: Any = ray.remote(MonitorActor).options(**options).remote()

    async def glance(self) -> Glance:
        glance: Glance = await self._actor.glance.remote()
        return glance

    def let_go(self) -> None:
        self._actor.let_go.remote()

    async def proofs(self, files: Sequence[FoundFile]) -> list[Proof]:
        found: list[Proof] = await self._actor.proofs.remote(files)
        return found

    async def doubts(self, proofs: Sequence[Proof], through: Through | None) -> list[str | None]:
        told: list[str | None] = await self._actor.doubts.remote(proofs, through)
        return told
