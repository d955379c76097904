"""A cluster: Ray on this machine, or one that is joined."""

from __future__ import annotations

import os
import secrets
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ray

from vtrack_ray.actors.address import HostAndPort, knock, read_address, require_own
from vtrack_ray.actors.parts import without_spare_parts
from vtrack_ray.errors import ClusterError, ClusterTimedOut

NAMESPACE = "vtrack"
_OTHER_TOKENS = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}
"""Where Ray looks before it looks in its folder."""
OBJECT_STORE_BYTES = 200 * 2**20  # samples pass through it, pictures never do


@contextmanager
def joined_ray(
    address: str | None,
    *,
    has_dashboard: bool = False,
    has_metrics: bool = True,
    reached_at: HostAndPort | None = None,
) -> Iterator[Path | None]:
    """Ray, started on this machine for as long as needed, or the cluster at `address` (`RAY_ADDRESS` if not given).

    A Ray that is started here shows its dashboard to this machine alone, if it has one, and exports its metrics, if it
    has any; gives the folder of its logs. Other machines can join it at `reached_at`.

    Raises ClusterError if there is no cluster at the address, ClusterTimedOut if Ray is not ready in time.
    """
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    _require_listener(address)
    # Under `uv run`, Ray would start its workers through uv too, in environments of their own.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "namespace": NAMESPACE}
    if address == "local":
        options |= {
            "include_dashboard": has_dashboard,
            "dashboard_host": "127.0.0.1",
            "object_store_memory": OBJECT_STORE_BYTES,
        }
        if reached_at is not None:
            require_own(reached_at)
            options["_node_ip_address"] = reached_at.host
            os.environ["RAY_GCS_SERVER_PORT"] = str(reached_at.port)
    try:
        has_guests = has_dashboard or reached_at is not None
        spared = without_spare_parts(has_dashboard=has_dashboard, has_metrics=has_metrics, has_guests=has_guests)
        if address == "local":
            prepare_token(Path.home() / ".ray" / "auth_token")
        with _signals_waiting(), spared:
            context = _started(address, options)
        yield Path(context.address_info["session_dir"]) if address == "local" else None
    finally:
        ray.shutdown()


def _started(address: str, options: dict[str, Any]) -> Any:
    try:
        return ray.init(address=address, **options)
    except Exception as error:
        if type(error) is Exception:  # that is how Ray tells what it waited for in vain (ray/_private/node.py)
            raise ClusterTimedOut(f"Ray was not ready in time at {address!r}: {_in_a_line(error)}.") from error
        if isinstance(error, (ConnectionError, ValueError, RuntimeError)):
            raise ClusterError(f"Ray can't be started or joined at {address!r}: {error}") from error
        raise


@contextmanager
def _signals_waiting() -> Iterator[None]:
    """Has Ctrl-C wait until Ray is started, and takes back the handler of SIGTERM that Ray puts there meanwhile, which
    would end this process in the midst of things.

    A terminal sends Ctrl-C to all processes of a command. Those of Ray are stopped by this one, in good order: they
    inherit the mask. What another thread of this process is told all the same is handed on at the end.
    """
    came: list[int] = []
    on_terminate = signal.getsignal(signal.SIGTERM)
    on_interrupt = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, on_terminate)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, on_interrupt)
    if came:
        signal.raise_signal(signal.SIGINT)


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _require_listener(address: str) -> None:
    """Raises ClusterError if the address is a host and port where nobody listens.

    Ray itself would try for long, and print its own warnings meanwhile.
    """
    found = read_address(address)
    if found is not None and (reason := knock(found)):
        raise ClusterError(
            f"There is no Ray cluster at {address!r}: {reason}. Name the host and port that `ray start --head` "
            "printed on the cluster's first machine, or leave the address out: Ray is then started here"
        )


def prepare_token(token: Path) -> None:
    """Sees to it that the file has a secret, which its owner alone can read.

    Ray would write one for everyone to read; and of two that are started at once, each its own, whatever the other has
    begun with. Raises ClusterError if it can't be written.
    """
    if not _OTHER_TOKENS.isdisjoint(os.environ):
        return
    try:
        token.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=token.parent) as whole:
            whole.write(secrets.token_hex(32))
            whole.flush()
            with suppress(FileExistsError):
                os.link(whole.name, token)
        token.chmod(0o600)
    except OSError as error:
        raise ClusterError(
            f"The secret that Ray's processes share can't be kept in {token}: {error.strerror}"
        ) from error
