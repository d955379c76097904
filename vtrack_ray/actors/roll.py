"""The roll: which machines there are, asked again and again how they are, and what has changed with them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import ray

from vtrack_ray.actors.machine import Machine
from vtrack_ray.actors.whereabouts import Whereabouts
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.node import Node, NodeState, Reach, SourceReach
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.pipeline.launcher import Store
from vtrack_ray.settings import Settings

_TOLD_EVERY_S = 30.0
"""What changes all the time, such as the use of processors, is kept as often as that."""


_Standing: TypeAlias = tuple[NodeState, str | None, tuple[SourceReach, ...], int]


class Roll:
    """Takes in the machines that join, adjusts their batches, drains those that are to leave, and tells all of it."""

    def __init__(self, settings: Settings, store: Store, whereabouts: Whereabouts, *, is_dedicated: bool) -> None:
        self._settings = settings
        self._store = store
        self._whereabouts = whereabouts
        self._is_dedicated = is_dedicated
        self._machines: dict[str, Machine] = {}
        self._told: dict[str, _Standing] = {}
        self._told_s = 0.0

    @property
    def machines(self) -> Sequence[Machine]:
        return list(self._machines.values())

    @property
    def head(self) -> Machine | None:
        """The machine that this runs on, where the files were found."""
        return next((machine for machine in self._machines.values() if machine.is_head), None)

    async def call(self, enough: int | None) -> Sequence[Occurrence]:
        """Takes in who is there, and how they are; processors beyond `enough` rest."""
        known = self.machines
        changes = self._met()
        self._rest(enough)
        before = {machine: machine.step.size for machine in known}
        await asyncio.gather(*(self._look_at(machine, is_new=machine not in before) for machine in self.machines))
        changes += [_batch(one) for one in self.machines if before.get(one, one.step.size) != one.step.size]
        drained = set(await self._store(Ledger.drained_nodes))
        await self._let_gone_come_back(known, drained)
        self._drain(drained)
        return changes

    async def tell(self) -> Sequence[Occurrence]:
        """Has the ledger know how the machines are, and tells what is new."""
        nodes = [machine.told(self._whereabouts.of(machine)) for machine in self.machines]
        standing = {node.name: (node.state, node.reason, node.sources, node.batch) for node in nodes}
        now_s = time.monotonic()
        if standing != self._told or now_s - self._told_s > _TOLD_EVERY_S:
            await self._store(Ledger.save_nodes, nodes)
            self._told_s = now_s
        news = [_standing(node) for node in nodes if self._is_news(node, standing)]
        self._told = standing
        return news

    def _is_news(self, node: Node, standing: Mapping[str, _Standing]) -> bool:
        before = self._told.get(node.name)
        is_alone = len(standing) == 1 and node.is_head  # there is no cluster to tell of
        return (before is None or before[:3] != standing[node.name][:3]) and not is_alone

    def _met(self) -> list[Occurrence]:
        """Takes in the machines that have joined, and lets go of those that are gone."""
        changes = []
        own_id = ray.get_runtime_context().get_node_id()
        known: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        nodes = {
            node["NodeID"]: node
            for node in known
            if node["Alive"] and ("CPU" in node["Resources"] or node["NodeID"] == own_id)
        }
        for node_id in self._machines.keys() - nodes.keys():
            gone = self._machines.pop(node_id)
            changes.append(Occurrence.now(OccurrenceKind.BATCH, f"{gone.name} has left", node=gone.name, size=0))
        for node_id in nodes.keys() - self._machines.keys():
            machine = Machine(
                nodes[node_id],
                self._name_of(nodes[node_id]),
                self._settings,
                is_head=node_id == own_id,
                is_dedicated=self._is_dedicated,
            )
            self._machines[node_id] = machine
            changes.append(_batch(machine))
        return changes

    def _name_of(self, node: dict[str, Any]) -> str:
        """As it was named, or else its host's name; no two have the same."""
        address, given = node["NodeManagerAddress"], node.get("NodeName")
        is_given = given and given != address
        name = str(given if is_given else node["NodeManagerHostname"])
        for namesake in [machine for machine in self._machines.values() if machine.name == name]:
            if not is_given or namesake.address != address:
                return self._unused(name)
            # It has joined again before it was missed.
            namesake.lose("it has joined again")
            namesake.name = self._unused(name)
        return name

    def _unused(self, name: str) -> str:
        """The name with the first number that makes it another machine's than those there are."""
        used = {machine.name for machine in self._machines.values()}
        return next(one for number in itertools.count(2) if (one := f"{name} ({number})") not in used)

    async def _look_at(self, machine: Machine, *, is_new: bool) -> None:
        use = await machine.look()
        if use is not None and not is_new:  # what a new one has in use shows the next time
            machine.step = machine.pace.next(machine.step.size, use)

    def _rest(self, enough: int | None) -> None:
        """Has machines rest that there is no work for: Ray's autoscaler ends those on which nothing runs at all."""
        kept = 0
        for one in sorted(self.machines, key=lambda one: (not one.is_head, one.is_resting, not one.running, one.name)):
            is_spare = enough is not None and kept >= enough and not one.is_head and not one.running
            one.rest(is_resting=is_spare)
            kept += 0 if is_spare else one.cores

    async def _let_gone_come_back(self, before: Collection[Machine], drained: set[str]) -> None:
        """A machine that has left as it was told to may be given work when it joins again."""
        for gone in set(before).difference(self._machines.values()):
            if gone.was_let_go and gone.name in drained:
                await self._store(Ledger.order_drain, gone.name, datetime.now(UTC), is_drained=False)
                drained.discard(gone.name)

    def _drain(self, drained: Collection[str]) -> None:
        now_s = time.monotonic()
        for machine in self._machines.values():
            machine.is_drained = machine.name in drained or machine.wants_to_leave
            if not machine.is_drained:
                machine.drained_since = None
                continue
            machine.drained_since = now_s if machine.drained_since is None else machine.drained_since
            if now_s - machine.drained_since >= self._settings.STOP_SECONDS:
                machine.take_back()
            if not machine.running and not machine.is_head:
                machine.let_go()


def _batch(machine: Machine) -> Occurrence:
    figures: dict[str, float] = {"size": machine.step.size, "cores": machine.cores}
    if machine.use:
        figures |= {"cpu": machine.use.cpu, "memory": machine.use.memory}
    text = f"{machine.name}: {machine.step.size} at once, as {machine.step.reason}"
    return Occurrence.now(OccurrenceKind.BATCH, text, node=machine.name, **figures)


def _standing(node: Node) -> Occurrence:
    why = f" ({node.reason})" if node.reason else ""
    unseen = "; ".join(
        f"{one.source}: {'read through the head' if one.reach is Reach.HEAD else 'not seen'}, {one.reason}"
        for one in node.sources
        if one.reach is not Reach.OWN
    )
    seen = ", ".join(one.source for one in node.sources if one.reach is Reach.OWN)
    text = f"{node.name} is {node.state}{why}"
    text += f"; sees {seen}" if seen else ""
    text += f"; {unseen}" if unseen else ""
    return Occurrence.now(OccurrenceKind.NODE, text, node=node.name)
