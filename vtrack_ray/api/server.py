"""A server: the app behind a socket that it is given, in a thread of its own."""

from __future__ import annotations

import socket
from threading import Thread

import uvicorn
from fastapi import FastAPI

_FINISHING_S = 8
"""How long requests under way may take once it is to end: whoever listens to progress would never leave."""


class Server:
    """Answers from the moment it is made."""

    def __init__(self, app: FastAPI, listening: socket.socket) -> None:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=_FINISHING_S
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="vtrack server", daemon=True
        )
        self._thread.start()

    @property
    def is_answering(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        """Lets nobody else in, and finishes the requests under way."""
        self._server.should_exit = True
        self._thread.join()
