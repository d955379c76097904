"""A cluster: Ray on this machine, or one that is joined, and a request worked off on it."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from vtrack_ray.actors.detector import DetectorActor
from vtrack_ray.actors.remote import GO_ON
from vtrack_ray.actors.scheduler import SchedulerActor
from vtrack_ray.actors.store import StoreActor
from vtrack_ray.errors import ActorLost, ClusterError
from vtrack_ray.ledger.database import READER_S
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.progress import Progress
from vtrack_ray.pipeline.request import Request
from vtrack_ray.pipeline.summary import Summary
from vtrack_ray.settings import Settings

_NAMESPACE = "vtrack"
_POLL_S = 0.25
_STOP_S = 20.0
_KNOCK_S = 2.0
_HOST_AND_PORT = re.compile(r"(?:ray://)?\[?(?P<host>[^/\[\]]+)\]?:(?P<port>\d{1,5})")
_OBJECT_STORE_BYTES = 200 * 2**20  # samples pass through it, pictures never do


@contextmanager
def joined_ray(address: str | None) -> Iterator[None]:
    """Ray, started on this machine for as long as needed, or the cluster at `address` (`RAY_ADDRESS` if not given).

    Raises ClusterError if there is no cluster at the address.
    """
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    _require_listener(address)
    # Under `uv run`, Ray would start its workers through uv too, in environments of their own.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "namespace": _NAMESPACE}
    if address == "local":
        options |= {"include_dashboard": False, "object_store_memory": _OBJECT_STORE_BYTES}
    on_terminate = signal.getsignal(signal.SIGTERM)
    # A terminal sends Ctrl-C to all processes of a command. Those of Ray are stopped by this one, in good order: they
    # inherit the mask. What comes meanwhile is delivered here once the mask is lifted.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        ray.init(address=address, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        raise ClusterError(f"Ray can't be started or joined at {address!r}: {error}") from error
    try:
        # Ray puts a handler of its own there, which would end this process in the midst of things.
        signal.signal(signal.SIGTERM, on_terminate)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if address == "local":
            _close_token_file()
        yield
    finally:
        ray.shutdown()


def _require_listener(address: str) -> None:
    """Raises ClusterError if the address is a host and port where nobody listens.

    Ray itself would try for long, and print its own warnings meanwhile.
    """
    if found := _HOST_AND_PORT.fullmatch(address):
        try:
            socket.create_connection((found["host"], int(found["port"])), timeout=_KNOCK_S).close()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ClusterError(
                f"There is no Ray cluster at {address!r}: {reason}. Name the host and port that `ray start --head` "
                "printed on the cluster's first machine, or leave the address out: Ray is then started here"
            ) from error


def work_off(
    request: Request, settings: Settings, address: str | None, show: Callable[[Progress], None]
) -> Summary | None:
    """Works off `request` on Ray and gives the summary; None if it was interrupted (KeyboardInterrupt).

    Raises LedgerError if the database can't be used, ClusterError if Ray can't, ActorLost if a process of it dies.
    """
    # Opened here first: an error in an actor's start says little, and the schema is migrated before anyone waits.
    Ledger.open(settings.DB, wait_s=READER_S).close()
    with joined_ray(address), _actors(request, settings) as scheduler:
        running = scheduler.run.remote()
        try:
            return _followed(running, scheduler, show)
        except KeyboardInterrupt:
            _answered(scheduler.stop.remote())
            return None


@contextmanager
def _actors(request: Request, settings: Settings) -> Iterator[Any]:
    """The actors of a run; gives the scheduler. At the end the store lets the database go."""
    store = _actor(StoreActor, "store", settings.DB, settings.DB)
    try:
        detector = _actor(DetectorActor, "event-detector", settings.DB, store)
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        slots = max(1, int(resources.get("CPU", 1)))
        yield _actor(SchedulerActor, "scheduler", settings.DB, request, settings, store, detector, slots)
    finally:
        _answered(store.close.remote())


def _followed(running: Any, scheduler: Any, show: Callable[[Progress], None]) -> Summary | None:
    try:
        while not ray.wait([running], timeout=_POLL_S)[0]:
            show(ray.get(scheduler.progress.remote()))
        show(ray.get(scheduler.progress.remote()))
        summary: Summary | None = ray.get(running)
    except RayTaskError as error:
        raise error.cause from error
    except RayActorError as error:
        raise ActorLost(f"The scheduler died. {GO_ON}") from error
    return summary


def _answered(answer: Any) -> None:
    """Waits for an actor to do as it was told at the end; one that died or hangs is ended with Ray itself."""
    try:
        ray.get(answer, timeout=_STOP_S)
    except (RayActorError, GetTimeoutError):
        return


def _actor(kind: type, name: str, database: Path, *args: object) -> Any:
    """An actor on this node, which ends with this process; it waits for tasks and takes no CPU from them.

    Its name tells the database apart: several runs on one cluster each have their own.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    own_name = f"{name}:{blake2b(os.fsencode(database), digest_size=4).hexdigest()}"
    options: dict[str, Any] = {"num_cpus": 0, "name": own_name, "namespace": _NAMESPACE, "scheduling_strategy": here}
    return ray.remote(kind).options(**options).remote(*args)


def _close_token_file() -> None:
    """Makes Ray's token readable by its owner alone: a local Ray writes it for everyone to read."""
    token = Path.home() / ".ray" / "auth_token"
    if token.is_file():
        token.chmod(0o600)
