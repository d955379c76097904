"""A service whose processes are killed and whose clients behave badly, as its other clients see it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests

from tests.api.conftest import Client, answering, started, until_ready
from tests.conftest import Footage, Vtrack, taken_over
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.video import FoundFile

MANY = 60
"""Clients: more than are served at a time."""
LARGE = 40_000_000
"""Bytes: more than lie on the way between the service and a client that reads nothing."""
SOON_S = 10.0
NOT_ANSWERED = 0


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> FoundFile:
    """A file that takes a slow client long."""
    root = tmp_path_factory.mktemp("recordings")
    path = root / "cam9" / "large.mp4"
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(LARGE)
    return FoundFile(
        source=str(root),
        path=str(path),
        camera_name="cam9",
        size_bytes=LARGE,
        modified_ns=path.stat().st_mtime_ns,
    )


@pytest.fixture(scope="module")
def client(
    finished: Vtrack, two_cameras: Footage, large: FoundFile, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """On what a finished run has left behind, with nothing to do."""
    vtrack = taken_over(finished, Vtrack(tmp_path_factory.mktemp("robust")))
    with Ledger.open(vtrack.db) as ledger:
        ledger.register([large], datetime.now(UTC))
        ledger.add_root(str(two_cameras.root), datetime.now(UTC))
        ledger.order_pause(datetime.now(UTC), is_paused=True)
    with answering(vtrack, "--set", "HTTP_RATE=10000") as client:
        yield client


@contextmanager
def connected(client: Client, sent: bytes) -> Iterator[socket.socket]:
    """A connection by which that much of a request was sent."""
    address = urlsplit(client.address)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=SOON_S) as connection:
        connection.sendall(sent)
        yield connection


def head(client: Client, line: str, *more: str) -> bytes:
    authorization = f"Authorization: {client.headers['Authorization']}"
    return "\r\n".join((f"{line} HTTP/1.1", "Host: here", authorization, *more, "", "")).encode()


def answers_others(client: Client) -> bool:
    """Whether other clients are answered soon, as if there were nobody else."""
    asked = ("/api/v1/events", "/program-progress", "/api/v1/health")
    return all(requests.get(client.address + path, headers=client.headers, timeout=SOON_S).ok for path in asked)


def bytes_read(client: Client) -> int:
    """How much the replica has read from files so far."""
    read: int = started(client, "ray::ServeReplica").io_counters().read_chars
    return read


def test_clients_that_stop_midway_hold_nobody_up(client: Client) -> None:
    as_json = "Content-Type: application/json"
    halves = (
        b"POST /que",
        head(client, "GET /api/v1/events")[:-2],
        head(client, "POST /query", as_json, "Content-Length: 1000") + b'{"tracking_',
        head(client, "POST /query", as_json, "Transfer-Encoding: chunked") + b"5\r\n{",
    )
    with ExitStack() as open_ones:
        for number in range(MANY):
            open_ones.enter_context(connected(client, halves[number % len(halves)]))
        assert answers_others(client)
    assert answers_others(client)


def test_clients_that_read_slowly_hold_nobody_up_and_have_little_read_for_them(
    client: Client, large: FoundFile
) -> None:
    before = bytes_read(client)
    with ExitStack() as open_ones:
        for _ in range(MANY):
            asked = head(client, f"GET /api/v1/videos/{large.video_id}/file", "Range: bytes=0-")
            slow = open_ones.enter_context(connected(client, asked))
            assert slow.recv(12) == b"HTTP/1.1 206"
        assert answers_others(client)
        assert bytes_read(client) - before < MANY * LARGE / 4
    assert answers_others(client)


@pytest.mark.parametrize(
    ("victim", "may_be_told"),
    [
        ("ray::SchedulerActor", {202}),
        ("ray::StoreActor", {202, 503}),
        ("ray::ServeReplica", {202, NOT_ANSWERED}),
        ("ray::ServeController", {202}),
    ],
)
def test_nothing_acknowledged_is_lost_whatever_is_killed_under_load(
    client: Client, two_cameras: Footage, victim: str, may_be_told: set[int]
) -> None:
    """And all goes on without a hand."""

    def ordered(number: int) -> tuple[int, str]:
        camera = f"{victim} {number}"  # what waits already is not asked for a second time
        order = {"kind": "custom", "custom_path": str(two_cameras.root), "camera_name": camera}
        try:
            answer = client.ask("POST", "/api/v1/programs", json=order)
        except requests.ConnectionError:
            return NOT_ANSWERED, camera
        assert answer.headers["Content-Type"].startswith("application/json"), answer.text
        return answer.status_code, camera

    with ThreadPoolExecutor(4) as clients:
        answers = clients.map(ordered, range(60))
        first = [next(answers) for _ in range(8)]
        started(client, victim).kill()
        answered = [*first, *answers]
    until_ready(client)
    acknowledged = {camera for status, camera in answered if status == 202}
    kept = {one["camera_name"] for one in client.get("/api/v1/programs")}
    assert acknowledged <= kept
    assert len(acknowledged) >= 8
    assert {status for status, _ in answered} <= may_be_told
    assert client.get("/api/v1/pause") == {"is_paused": True}
    assert ordered(60) == (202, f"{victim} 60")


def test_those_who_come_while_another_process_takes_the_place_of_a_dead_one_wait_for_it(client: Client) -> None:
    started(client, "ray::ServeReplica").kill()
    assert client.get("/api/v1/health") == {"status": "ok"}


def test_what_was_started_again_is_told_and_it_ends_in_good_order(client: Client) -> None:
    restarts = [one["text"] for one in client.get("/api/v1/history", kind="restart")]
    for dead in ("The scheduler is", "The scheduler, the store and the event detector are"):
        assert any(f"{dead} started again" in text for text in restarts), restarts
    client.up.terminate()
    out, err = client.up.communicate(timeout=120)
    assert client.up.returncode == 0, out + err
