"""The HTTP service on Ray Serve, for as long as a session lasts."""

from __future__ import annotations

import errno
import logging
import pkgutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray import serve
from ray.serve.config import HTTPOptions

from vtrack_ray.errors import ClusterError
from vtrack_ray.settings import Settings

APPLICATION = "vtrack_ray.api.deployment:application"
"""By its path, as Serve's own config files have it: the API knows the actors, not the other way round."""

_NAME = "vtrack"
_LOGGING = {"log_level": "WARNING", "enable_access_log": False}


@contextmanager
def http_service(settings: Settings) -> Iterator[None]:
    """The API at `HTTP_HOST` and `HTTP_PORT`, with its replicas on this machine, where the database's owner is.

    Raises ClusterError if nothing can listen there.
    """
    _require_free(settings.HTTP_HOST, settings.HTTP_PORT)
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serving: Any = serve  # parts of it have no types
    options = HTTPOptions(host=settings.HTTP_HOST, port=settings.HTTP_PORT)
    serving.start(proxy_location="HeadOnly", http_options=options, logging_config=_LOGGING)
    try:
        application = pkgutil.resolve_name(APPLICATION)(settings, f"node:{_own_address()}")
        serving.run(application, name=_NAME, route_prefix="/")
        yield
    finally:
        # Requests under way are finished. Serve itself ends with Ray; on a cluster, others may use it.
        serving.delete(_NAME)


def _own_address() -> str:
    """This node's address, as Ray names it."""
    own_id = ray.get_runtime_context().get_node_id()
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    address: str = next(node["NodeManagerAddress"] for node in nodes if node["NodeID"] == own_id)
    return address


def _require_free(host: str, port: int) -> None:
    """Serve itself would try again and again, without a word."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = found[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        reason = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror or error
        raise ClusterError(
            f"The HTTP service can't listen on {host}, port {port}: {reason}. Name others with HTTP_HOST and HTTP_PORT"
        ) from error
