"""The Serve deployment: replicas that answer HTTP requests from the ledger of this machine."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve import Application

from vtrack_ray.api.app import build_app
from vtrack_ray.settings import Settings, load_settings

_AT_ONCE = 512
"""Most of them wait for slow clients: no more than a few dozens are worked on, in threads."""
_WAITING = 512
"""Requests beyond these are answered with 503 at once."""
_FINISHING_S = 10.0
_LOOK_S = 2.0


@serve.ingress()
class Api:
    """One replica."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __serve_build_asgi_app__(self) -> FastAPI:
        return build_app(self._settings)


def application(settings: Settings, node: str | None = None) -> Application:
    """The application; its replicas run where `node`, a resource of Ray, is."""
    deployment: Any = serve.deployment(
        Api,
        name="api",
        max_ongoing_requests=_AT_ONCE,
        max_queued_requests=_WAITING,
        graceful_shutdown_timeout_s=_FINISHING_S,
        health_check_period_s=_LOOK_S,
        ray_actor_options={"num_cpus": 0, "resources": {node: 0.001} if node else {}},
    )
    bound: Application = deployment.bind(settings)
    return bound


def configured(overrides: dict[str, str]) -> Application:
    """The application as a Serve config file names it, with settings as `--set` takes them."""
    return application(load_settings(overrides))
