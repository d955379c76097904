"""The HTTP service on Ray Serve, for as long as a session lasts."""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray import serve

from vtrack_ray.actors.entrance import entrance
from vtrack_ray.ledger.address import own_address
from vtrack_ray.settings import Settings

APPLICATION = "vtrack_ray.api.deployment:listening"
"""By its path, as Serve's own config files have it: the API knows the actors, not the other way round."""

_NAME = "vtrack"
_LOGGING = {"log_level": "WARNING", "enable_access_log": False}


@contextmanager
def http_service(settings: Settings) -> Iterator[None]:
    """The API at `HTTP_HOST` and `HTTP_PORT`, with its replicas on this machine, where the database's owner is.

    Raises ClusterError if nothing can listen there.
    """
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serving: Any = serve  # parts of it have no types
    address = own_address(settings.DB).with_suffix(".http")
    with entrance(settings.HTTP_HOST, settings.HTTP_PORT, address):
        # Replicas listen themselves: by Serve's proxy, HTTP takes four times as much of the processor.
        serving.start(proxy_location="Disabled", logging_config=_LOGGING)
        try:
            application = pkgutil.resolve_name(APPLICATION)(settings, address, f"node:{_own_address()}")
            serving.run(application, name=_NAME, route_prefix=None)
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
