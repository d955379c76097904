"""A team: the store and the event detector of one database, and the actor that leads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from vtrack_ray.actors.cluster import NAMESPACE
from vtrack_ray.actors.detector import DetectorActor
from vtrack_ray.actors.store import StoreActor

_STOP_S = 20.0


@contextmanager
def team(database: Path, leader: type, name: str, *arguments: object, **options: object) -> Iterator[Any]:
    """The actors of one database; gives the leader, which is made with `arguments`, the store and the detector.

    At the end the store lets the database go.
    """
    store = _actor(StoreActor, "store", database, database)
    try:
        detector = _actor(DetectorActor, "event-detector", database, store)
        yield _actor(leader, name, database, *arguments, store, detector, **options)
    finally:
        answered(store.close.remote())


def answered(answer: Any) -> None:
    """Waits for an actor to do as it was told at the end; one that died or hangs is ended with Ray itself."""
    try:
        ray.get(answer, timeout=_STOP_S)
    except (RayActorError, GetTimeoutError):
        return


def _actor(kind: type, name: str, database: Path, *arguments: object, **options: object) -> Any:
    """An actor on this node, which ends with this process; it waits for tasks and takes no CPU from them.

    Its name tells the database apart: several runs on one cluster each have their own.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    own_name = f"{name}:{blake2b(os.fsencode(database), digest_size=4).hexdigest()}"
    placing: dict[str, Any] = {"num_cpus": 0, "name": own_name, "namespace": NAMESPACE, "scheduling_strategy": here}
    return ray.remote(kind).options(**placing).remote(*arguments, **options)
