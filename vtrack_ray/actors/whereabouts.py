"""Whereabouts: how each machine gets at the files of each source, found out by comparing some of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from vtrack_ray.actors.machine import Machine
from vtrack_ray.footage.origin import is_address
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.node import Reach, SourceReach
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.launcher import Store
from vtrack_ray.sources.head import Through
from vtrack_ray.sources.proof import Proof

_FILES = 3
"""So many of a source's latest files, and of its largest, are compared."""
_AGAIN_S = 60.0
"""A share may be unmounted, and another one mounted in its place."""
_AGAIN_UNSEEN_S = 10.0
"""What is being mended is to be used soon."""
_HEAD_HANGS = "the head's drive does not answer"
_NOTHING_KNOWN = "no file of it is known yet that could be compared"


class Whereabouts:
    """What is known of machines and sources; the head sees every source, as the files were found there."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.through: Through | None = None
        """The head's HTTP service, where machines may read what they do not see."""
        self._asked: set[str] = set()
        self._sources: list[str] = []
        self._found: dict[tuple[str, str], SourceReach] = {}
        self._looked_s: dict[tuple[str, str], float] = {}

    def note(self, source: str) -> None:
        """Somebody wants files of that source."""
        self._asked.add(source)

    def reach(self, machine: Machine, source: str) -> Reach:
        """How the machine gets at the source; what was not compared yet, it does not."""
        if machine.is_head or is_address(source):
            return Reach.OWN
        found = self._found.get((machine.node_id, source))
        return found.reach if found else Reach.NONE

    def of(self, machine: Machine) -> list[SourceReach]:
        """How the machine gets at each source."""
        if machine.is_head:
            return [SourceReach(source=source, reach=Reach.OWN) for source in self._sources]
        return [one for source in self._sources if (one := self._found.get((machine.node_id, source)))]

    def reasons(self, machines: Iterable[Machine], source: str) -> str:
        """Why none of the machines gets at the source, for a person."""
        told = [(one.name, self._found.get((one.node_id, source))) for one in machines if not one.is_head]
        return "; ".join(f"{name}: {found.reason}" for name, found in told if found and found.reason)

    async def look(self, machines: Sequence[Machine]) -> None:
        """Compares what is due to be: what is new, and everything from time to time."""
        asked = self._asked.union(await self._store(Ledger.roots))
        self._sources = sorted(source for source in asked if not is_address(source))
        heads = [machine for machine in machines if machine.is_head]
        others = [machine for machine in machines if not machine.is_head and not machine.is_resting]
        known = {machine.node_id for machine in others}
        self._found = {key: found for key, found in self._found.items() if key[0] in known}
        due = {source: [one for one in others if self._is_due(one, source)] for source in self._sources}
        due = {source: unsure for source, unsure in due.items() if unsure}
        if due and heads:
            files = await self._store(Ledger.sample_files, list(due), _FILES)
            await asyncio.gather(
                *(
                    self._compare([file for file in files if file.source == source], source, heads[0], unsure)
                    for source, unsure in due.items()
                )
            )

    def _is_due(self, machine: Machine, source: str) -> bool:
        key = machine.node_id, source
        is_seen = self.reach(machine, source) is Reach.OWN
        pause_s = _AGAIN_S if is_seen else _AGAIN_UNSEEN_S
        return time.monotonic() - self._looked_s.get(key, -_AGAIN_S) >= pause_s

    async def _compare(
        self, files: Sequence[FoundFile], source: str, head: Machine, machines: Sequence[Machine]
    ) -> None:
        proofs = await head.proofs(files) if files else []
        if proofs is None:
            self._leave(source, machines)
            return
        await asyncio.gather(*(self._look_from(machine, source, proofs) for machine in machines))

    def _leave(self, source: str, machines: Sequence[Machine]) -> None:
        """Nothing new is known: the head's drive says no more of what others see than that it hangs."""
        for machine in machines:
            key = machine.node_id, source
            self._found.setdefault(key, SourceReach(source=source, reach=Reach.NONE, reason=_HEAD_HANGS))
            self._looked_s[key] = time.monotonic()

    async def _look_from(self, machine: Machine, source: str, proofs: Sequence[Proof]) -> None:
        doubts = [why for why in await machine.doubts(proofs) if why] if proofs else [_NOTHING_KNOWN]
        found = SourceReach(source=source, reach=Reach.OWN)
        if doubts:
            found = await self._unseen(machine, source, proofs, doubts[0])
        self._looked_s[machine.node_id, source] = time.monotonic()
        self._found[machine.node_id, source] = found

    async def _unseen(self, machine: Machine, source: str, proofs: Sequence[Proof], why: str) -> SourceReach:
        """How the machine gets at a source that it does not see."""
        if self.through is None or not proofs:
            return SourceReach(source=source, reach=Reach.NONE, reason=why)
        [refused] = await machine.doubts(proofs[:1], self.through)
        if refused is None:
            return SourceReach(source=source, reach=Reach.HEAD, reason=why)
        return SourceReach(source=source, reach=Reach.NONE, reason=f"{why}; {refused}")

    async def still_sees(self, machine: Machine, head: Machine | None, file: FoundFile) -> bool:
        """Whether the machine sees this file as the head does, after it had trouble with it.

        What the head does not see either is no matter of the machine.
        """
        proofs = await head.proofs([file]) if head else None
        if not proofs:
            return True
        through = self.through if self.reach(machine, file.source) is Reach.HEAD else None
        doubts = [why for why in await machine.doubts(proofs, through) if why]
        if doubts:
            lost = SourceReach(source=file.source, reach=Reach.NONE, reason=doubts[0])
            self._found[machine.node_id, file.source] = lost
        return not doubts
