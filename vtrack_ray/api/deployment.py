"""The Serve deployment: replicas that answer HTTP requests from the ledger of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve import Application

from vtrack_ray.actors.entrance import taken_entrance
from vtrack_ray.api.app import build_app
from vtrack_ray.api.limits import MOST_AT_ONCE
from vtrack_ray.api.server import Server
from vtrack_ray.settings import Settings, load_settings

_AT_ONCE = MOST_AT_ONCE // 2
_WAITING = MOST_AT_ONCE // 2
"""Requests beyond these are answered with 503 by Serve, if they come by its proxy."""
_FINISHING_S = 10.0
_LOOK_S = 2.0


class Listening:
    """One replica, which listens itself: Serve starts it, looks after it, and puts another in its place."""

    def __init__(self, settings: Settings, entrance: Path) -> None:
        self._server = Server(build_app(settings), taken_entrance(entrance))

    def check_health(self) -> None:
        """What Serve asks. Raises RuntimeError if nobody answers here any more."""
        if not self._server.is_answering:
            raise RuntimeError("the HTTP server has ended")

    def __del__(self) -> None:
        """What Serve calls before it ends a replica."""
        self._server.end()


def listening(settings: Settings, entrance: Path, node: str) -> Application:
    """The application; its replica, where `node` is, a resource of Ray, listens at the entrance that it is given."""
    bound: Application = _deployed(Listening, node).bind(settings, entrance)
    return bound


@serve.ingress()
class Behind:
    """One replica behind Serve's own proxy."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __serve_build_asgi_app__(self) -> FastAPI:
        return build_app(self._settings)


def configured(overrides: dict[str, str]) -> Application:
    """The application as a Serve config file names it, with settings as `--set` takes them."""
    bound: Application = _deployed(Behind).bind(load_settings(overrides))
    return bound


def _deployed(replica: type, node: str | None = None) -> Any:
    deployment: Any = serve.deployment(
        replica,
        name="api",
        max_ongoing_requests=_AT_ONCE,
        max_queued_requests=_WAITING,
        graceful_shutdown_timeout_s=_FINISHING_S,
        graceful_shutdown_wait_loop_s=0.1,
        health_check_period_s=_LOOK_S,
        ray_actor_options={"num_cpus": 0, "resources": {node: 0.001} if node else {}},
    )
    return deployment
