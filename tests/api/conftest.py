"""A service that answers over HTTP, started as its user starts it, with two cameras' footage worked off."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
import requests

from tests.conftest import Footage, Vtrack
from tests.processes import title

_PATIENCE_S = 150.0
_ANSWER_S = 30.0


@dataclass(frozen=True)
class Client:
    """Somebody who asks the service."""

    vtrack: Vtrack
    up: subprocess.Popen[str]
    address: str
    headers: dict[str, str]

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("headers", self.headers)
        return requests.request(method, self.address + path, timeout=_ANSWER_S, **options)

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.ask("GET", path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object, status: int = 200) -> Any:
        answer = self.ask("POST", path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def refused(self, method: str, path: str, status: int, **options: Any) -> str:
        """The sentence that a wrong request is answered with."""
        answer = self.ask(method, path, **options)
        assert answer.status_code == status, answer.text
        assert list(answer.json()) == ["error"]
        sentence: str = answer.json()["error"]
        return sentence

    def until_done(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while self.get("/program")["current_running"] is not None:
            assert time.monotonic() < deadline, "it has not come to an end"
            time.sleep(0.2)


@contextmanager
def answering(vtrack: Vtrack, *options: str) -> Iterator[Client]:
    """A service that answers; it is killed if the test does not end it."""
    port = _free_port()
    token = vtrack("token", "add", "test", "--scope", "operate").strip()
    with vtrack.start(
        "up", "--no-dashboard", "--no-metrics", "--set", f"HTTP_PORT={port}", "--set", "SETTLE_SECONDS=0", *options
    ) as up:
        client = Client(vtrack, up, f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"})
        try:
            until_ready(client)
            yield client
        finally:
            up.kill()


def until_ready(client: Client) -> None:
    """Waits until the service answers, and is at work."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        assert client.up.poll() is None, client.up.communicate()
        try:
            answer = client.ask("GET", "/api/v1/ready")
            if answer.ok and answer.json()["is_at_work"]:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise AssertionError("the service does not answer")


def started(client: Client, name: str) -> psutil.Process:
    """The service's process that calls itself so, as soon as there is one."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        for process in psutil.Process(client.up.pid).children(recursive=True):
            if title(process).startswith(name):
                return process
        time.sleep(0.05)
    raise AssertionError(f"no {name} was seen")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="package")
def client(two_cameras: Footage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    vtrack = Vtrack(tmp_path_factory.mktemp("http"))
    vtrack("source", "add", two_cameras.root)
    with answering(vtrack, "--set", "CORS_ORIGINS=https://shop.example") as client:
        client.post("/program", {"card": "Custom", "action": "run", "custom_path": str(two_cameras.root)})
        client.until_done()
        yield client
