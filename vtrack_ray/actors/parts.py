"""Parts: which of its own processes a Ray that is started here has, as `ray.init` has no options for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partialmethod
from typing import Any

from ray._private import ray_constants, services, utils
from ray._private.node import Node
from ray._private.parameter import RayParams
from ray._raylet import persist_port  # type: ignore[attr-defined]

_LISTENS_NOWHERE = -1
"""What an agent that can't listen tells in place of its port."""
_NEVER_ASKED = 1
"""For environments of their own, which nothing here has; Ray wants to know a port of whoever would make them."""
_METRICS = "--dashboard_agent_command"
_ENVIRONMENTS = "--runtime_env_agent_command"
_PORTS = {
    _METRICS: {
        "metrics_agent_port": _LISTENS_NOWHERE,
        "metrics_export_port": _LISTENS_NOWHERE,
        "dashboard_agent_listen_port": _LISTENS_NOWHERE,
    },
    _ENVIRONMENTS: {"runtime_env_agent_port": _NEVER_ASKED},
}
_IDLE = "/bin/cat"
"""In an agent's place: Ray must have one, and closes its input when it ends."""


@contextmanager
def without_spare_parts(*, has_dashboard: bool, has_metrics: bool, has_guests: bool) -> Iterator[None]:
    """Has a Ray that is started meanwhile do without what nobody here needs.

    Its agent wants one port, and where another Ray has that already, the start waits four seconds for it in vain: any
    does. No process follows the logs, as no driver shows them; nor, without a dashboard, the size of the cluster, which
    nothing else shows; nor is the dashboard's own process started and waited for, which then does no more than to count
    Ray's use. That is 0.9 s of CPU time; the others are a fifth of what a start takes, and 90 MB. Nor does this process
    import all that a dashboard needs, only to see whether it is installed, for 0.4 s: it is, with this package.

    One agent exports the metrics, which nobody asks of a Ray that works off one request, nor of a service that is told
    to do without: 1.5 s of CPU time, and 100 MB. The other one makes environments for tasks that want one of their own,
    as only guests may, by the dashboard or from other machines: 0.8 s, and 90 MB.
    """
    init, start_api_server = RayParams.__init__, Node.start_api_server
    start, find_missing = services.start_ray_process, utils.get_dashboard_dependency_error

    spare = [name for name, is_wanted in ((_METRICS, has_metrics), (_ENVIRONMENTS, has_guests)) if not is_wanted]

    def start_without_agents(command: list[str], process_type: str, *arguments: Any, **options: Any) -> Any:
        if process_type == ray_constants.PROCESS_TYPE_RAYLET:
            command = _without(spare, command)
        return start(command, process_type, *arguments, **options)

    if not has_dashboard:
        Node.start_api_server = lambda _node, **_options: None  # type: ignore[method-assign]
    if spare:
        services.start_ray_process = start_without_agents
    utils.get_dashboard_dependency_error = lambda: None
    RayParams.__init__ = partialmethod(  # type: ignore[method-assign, assignment]
        init, dashboard_agent_listen_port=0, include_log_monitor=False, no_monitor=not has_dashboard
    )
    try:
        yield
    finally:
        RayParams.__init__ = init  # type: ignore[method-assign]
        Node.start_api_server = start_api_server  # type: ignore[method-assign]
        services.start_ray_process = start
        utils.get_dashboard_dependency_error = find_missing


def _without(agents: Sequence[str], command: Sequence[str]) -> list[str]:
    """The command that starts Ray on a node, with idle ones for those agents, whose ports it need not wait for."""
    options = {name: value for name, _, value in (word.partition("=") for word in command)}
    for agent in agents:
        for name, port in _PORTS[agent].items():
            persist_port(options["--session_dir"], options["--node_id"], name, port)
    return [f"{name}={_IDLE}" if (name := word.partition("=")[0]) in agents else word for word in command]
