"""A team: the store and the event detector of one database, and the actor that leads them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from vtrack_ray.actors.cluster import NAMESPACE
from vtrack_ray.actors.detector import DetectorActor
from vtrack_ray.actors.remote import lost
from vtrack_ray.actors.store import StoreActor
from vtrack_ray.meaning.occurrence import Occurrence

_STOP_S = 20.0


class Team:
    """The store and the event detector of one database; whoever leads them is made anew when it has died."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._store = _actor(StoreActor, "store", database, database)
        self._detector = _actor(DetectorActor, "event-detector", database, self._store)

    @contextmanager
    def led_by(self, kind: type, name: str, *arguments: object) -> Iterator[Any]:
        """The leader, made with `arguments`, the store and the detector; it is gone, with its tasks, at the end."""
        leader = _actor(kind, name, self._database, *arguments, self._store, self._detector)
        try:
            yield leader
        finally:
            _dismiss(leader)

    def is_whole(self) -> bool:
        """Whether the store and the event detector live."""
        return all(_is_alive(one) for one in (self._store, self._detector))

    def record(self, occurrences: Sequence[Occurrence]) -> None:
        """Adds them to the history. Raises ActorLost if the store has died."""
        try:
            ray.get(self._store.call.remote("record", (list(occurrences),), {}))
        except RayActorError as error:
            raise lost(error) from error

    def close(self) -> None:
        """Has the store let the database go."""
        answered(self._store.close.remote())

    def dismiss(self) -> None:
        """Ends what is left of it."""
        _dismiss(self._detector, self._store)


@contextmanager
def team(database: Path) -> Iterator[Team]:
    """The team of a database; at the end the store lets the database go, and both are gone."""
    one = Team(database)
    try:
        yield one
    finally:
        one.close()
        one.dismiss()


def answered(answer: Any) -> None:
    """Waits for an actor to do as it was told at the end; one that died or hangs is ended with Ray itself."""
    try:
        ray.get(answer, timeout=_STOP_S)
    except (RayActorError, GetTimeoutError):
        return


def _is_alive(actor: Any) -> bool:
    try:
        ray.get(actor.__ray_ready__.remote(), timeout=_STOP_S)
    except (RayActorError, GetTimeoutError):
        return False
    return True


def _dismiss(*actors: Any) -> None:
    """Ends actors at once, and waits until their names are free."""
    for actor in actors:
        ray.kill(actor)
    for actor in actors:
        with suppress(RayActorError, GetTimeoutError):
            ray.get(actor.__ray_ready__.remote(), timeout=_STOP_S)


def _actor(kind: type, name: str, database: Path, *arguments: object) -> Any:
    """An actor on this node, which ends with this process; it waits for tasks and takes no CPU from them.

    Its name tells the database apart: several runs on one cluster each have their own.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    own_name = f"{name}:{blake2b(os.fsencode(database), digest_size=4).hexdigest()}"
    placing: dict[str, Any] = {"num_cpus": 0, "name": own_name, "namespace": NAMESPACE, "scheduling_strategy": here}
    return ray.remote(kind).options(**placing).remote(*arguments)
