"""The app without Serve, over real HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from vtrack_ray.api.app import build_app
from vtrack_ray.api.clips import Clips
from vtrack_ray.settings import Settings


@contextmanager
def app(settings: Settings, clips: Clips | None = None) -> Iterator[str]:
    """The app's address; `clips` in the place of its own."""
    built = build_app(settings)
    built.state.clips = clips or built.state.clips
    server = uvicorn.Server(uvicorn.Config(built, log_level="critical", lifespan="off", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
