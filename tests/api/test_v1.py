"""The newer calls, over HTTP, against the service as its user starts it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.api.conftest import Client, answering
from tests.conftest import Footage, Vtrack
from tests.processes import title


def test_the_answers_are_those_of_the_command_line(client: Client) -> None:
    assert client.get("/api/v1/events") == client.vtrack.json("events")
    assert client.get("/api/v1/videos") == client.vtrack.json("videos")
    assert client.get("/api/v1/programs") == client.vtrack.json("program", "status")
    assert client.get("/api/v1/history", most=5, kind="done") == client.vtrack.json(
        "history", "--most", "5", "--kind", "done"
    )
    sources = client.get("/api/v1/sources")
    assert sources == client.vtrack.json("source", "list")
    assert [one["camera_name"] for one in client.get("/api/v1/profiles")] == ["cam1", "cam2"]
    assert [one["camera_name"] for one in client.get("/api/v1/cameras")] == ["cam1", "cam2"]
    assert [one["videos"] for one in client.get("/api/v1/forecast")] == [0, 0]
    assert client.get("/api/v1/settings")["DB"] == str(client.vtrack.db)
    assert client.get("/api/v1/health") == {"status": "ok"}
    assert client.get("/api/v1/ready") == {"is_at_work": True}


def test_events_are_found_by_code_camera_time_and_status(client: Client) -> None:
    every = client.get("/api/v1/events")
    one = next(event for event in every if event["tracking_codes"])
    code = one["tracking_codes"][0]
    assert client.get("/api/v1/events", code=["NO-SUCH-CODE", code]) == [one]
    assert client.get(f"/api/v1/events/{one['event_id']}") == one
    assert client.get("/api/v1/events", camera="cam1") == [e for e in every if e["camera_name"] == "cam1"]
    assert client.get("/api/v1/events", since=one["started_at"], until=one["ended_at"], camera=one["camera_name"]) == [
        one
    ]
    assert client.get("/api/v1/events", status="no_code") == [e for e in every if e["status"] == "no_code"]
    assert "no event of that id" in client.refused("GET", "/api/v1/events/nothing", 404)


def test_work_is_paused_and_goes_on(client: Client) -> None:
    assert client.ask("PUT", "/api/v1/pause", json={"is_paused": True}).json() == {"is_paused": True}
    ordered = client.post("/api/v1/programs", {"kind": "default"}, status=202)
    assert ordered["state"] == "waiting"
    assert client.ask("PUT", "/api/v1/pause", json={"is_paused": False}).json() == {"is_paused": False}
    [stopped] = client.ask("DELETE", "/api/v1/programs").json()
    assert stopped["program_id"] == ordered["program_id"]


def test_no_path_outside_the_sources_is_taken(client: Client, two_cameras: Footage, tmp_path: Path) -> None:
    """Whether it is there or not, the answer is the same."""
    link = two_cameras.root / "cam1" / "link to elsewhere"
    link.symlink_to(tmp_path)
    root = str(two_cameras.root)
    outside = [
        "/etc/passwd",
        "/etc/no such file",
        root + "/..",
        root + "/../",
        root + "/cam1/../../..",
        root.upper(),
        root + "-beside",
        str(link),
        "cam1",
        "file://" + root,
        root + "/%2e%2e",
        root + "\0/../..",
        root + "/\ud800",
        "",
    ]
    try:
        for path in outside:
            said = client.refused("POST", "/api/v1/programs", 422, json={"kind": "custom", "custom_path": path})
            assert "no file or folder in a source" in said or "custom_path" in said, path
    finally:
        link.unlink()


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nothing", 404, "There is nothing at /nothing"),
        ("PUT", "/query", 405, "does not take PUT"),
        ("GET", "/api/v1/events?since=soon", 422, "since: 'soon' is no instant"),
        ("GET", "/api/v1/events?status=lost", 422, "status"),
        ("GET", "/api/v1/history?most=0", 422, "most: "),
        ("GET", "/docs", 404, "nothing at /docs"),
    ],
)
def test_wrong_requests_are_answered_with_a_sentence(
    client: Client, method: str, path: str, status: int, said: str
) -> None:
    assert said in client.refused(method, path, status)


def test_every_field_and_parameter_is_described(client: Client) -> None:
    """The specification tells all there is to know."""
    specification = client.get("/openapi.json")
    bare = [
        f"{name}.{field}"
        for name, schema in specification["components"]["schemas"].items()
        for field, told in schema.get("properties", {}).items()
        if "description" not in told and "$ref" not in told
    ]
    bare += [
        f"{path} {parameter['name']}"
        for path, calls in specification["paths"].items()
        for call in calls.values()
        for parameter in call.get("parameters", [])
        if parameter["in"] != "path" and "description" not in parameter
    ]
    assert bare == []


def started(client: Client, name: str) -> psutil.Process:
    """The service's process that calls itself so, as soon as there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for process in psutil.Process(client.up.pid).children(recursive=True):
            if title(process).startswith(name):
                return process
    raise AssertionError(f"no {name} was seen")


def test_while_the_scheduler_or_the_store_starts_again_requests_are_answered(
    vtrack: Vtrack, two_cameras: Footage
) -> None:
    """What was acknowledged before is kept, and what is asked meanwhile is answered late at worst."""
    vtrack("source", "add", two_cameras.root)
    with answering(vtrack) as client:
        asked = 0
        for victim in ("ray::SchedulerActor", "ray::StoreActor"):
            client.ask("PUT", "/api/v1/pause", json={"is_paused": True})
            started(client, victim).kill()
            for _ in range(20):
                client.post("/api/v1/programs", {"kind": "custom", "custom_path": str(two_cameras.root)}, status=202)
                asked += 1
            assert client.get("/api/v1/pause") == {"is_paused": True}
        assert len(client.get("/api/v1/programs")) == asked
        deadline = time.monotonic() + 60
        while client.get("/api/v1/history", kind="restart") == [] and time.monotonic() < deadline:
            time.sleep(0.2)
        os.kill(client.up.pid, signal.SIGTERM)
        out, err = client.up.communicate(timeout=120)
    assert client.up.returncode == 0, out + err
    assert "serve" not in err.lower(), err
