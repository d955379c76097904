"""Vitals: what Ray's processes of a cluster are started with, the same on each machine.

By default Ray notices a cut link after a minute, and fails the tasks behind it after seven. With these, it takes some
fifteen seconds (docs/cluster.md has the measurements); a link that is down for some, and a machine that is so busy that
it answers within three, are survived.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HEALTH: Mapping[str, str] = MappingProxyType(
    {
        "RAY_health_check_initial_delay_ms": "5000",
        "RAY_health_check_period_ms": "1000",
        "RAY_health_check_timeout_ms": "3000",
        "RAY_health_check_failure_threshold": "4",
        "RAY_grpc_client_keepalive_time_ms": "5000",
        "RAY_grpc_client_keepalive_timeout_ms": "5000",
        "RAY_gcs_rpc_server_reconnect_timeout_s": "10",
    }
)
_ASKS_FOR_TOKENS = {"RAY_AUTH_MODE": "token"}

VITALS: Mapping[str, str] = MappingProxyType({**HEALTH, **_ASKS_FOR_TOKENS})
"""Environment variables; cluster.yaml has them too."""


def with_health(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the times that it does not set itself."""
    return {**HEALTH, **environment}


def with_vitals(environment: Mapping[str, str]) -> dict[str, str]:
    """Likewise, and whatever it says, tokens are asked for."""
    return {**HEALTH, **environment, **_ASKS_FOR_TOKENS}
