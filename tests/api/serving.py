"""The app without Serve, over real HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from vtrack_ray.api.app import build_app
from vtrack_ray.api.clips import Clips
from vtrack_ray.api.server import Server
from vtrack_ray.settings import Settings


@contextmanager
def app(settings: Settings, clips: Clips | None = None) -> Iterator[str]:
    """The app's address; `clips` in the place of its own."""
    built = build_app(settings)
    built.state.clips = clips or built.state.clips
    with served(built) as address:
        yield address


@contextmanager
def served(built: FastAPI) -> Iterator[str]:
    """The address of an app."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(built, listening)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.end()
