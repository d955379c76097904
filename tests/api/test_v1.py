"""The newer calls, over HTTP, against the service as its user starts it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Client
from tests.conftest import Footage

_PATIENCE_S = 60.0


def test_the_answers_are_those_of_the_command_line(client: Client) -> None:
    events = client.vtrack.json("events")
    assert [client.get(f"/api/v1/events/{one['event_id']}") for one in events] == events
    assert client.get("/api/v1/videos") == {"videos": client.vtrack.json("videos"), "next_cursor": None}
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
    def found(**parameters: object) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = client.get("/api/v1/events", **parameters)["events"]
        return events

    every = found()
    one = next(event for event in every if event["tracking_codes"])
    assert found(code=["NO-SUCH-CODE", one["tracking_codes"][0].lower()]) == [one]
    assert found(code=f" {one['tracking_codes'][0]} ") == [one]
    assert found(code=" ") == [], "an empty field asks for nothing, and not for all"
    assert found(camera="cam1") == [e for e in every if e["camera_name"] == "cam1"]
    assert found(since=one["started_at"], until=one["ended_at"], camera=one["camera_name"]) == [one]
    assert found(status="no_code") == [e for e in every if e["status"] == "no_code"]
    assert found(newest_first=True) == every[::-1]
    assert "no event of that id" in client.refused("GET", "/api/v1/events/nothing", 404)


@pytest.mark.parametrize(("path", "name"), [("/api/v1/events", "events"), ("/api/v1/videos", "videos")])
def test_pages_together_are_the_whole_list(client: Client, path: str, name: str) -> None:
    whole = client.get(path)
    assert whole["next_cursor"] is None
    pages: list[dict[str, Any]] = []
    cursor: str | None = None
    while not pages or cursor is not None:
        page = client.get(path, limit=1, **({"cursor": cursor} if cursor else {}))
        pages += page[name]
        cursor = page["next_cursor"]
    assert pages == whole[name]
    for wrong in ("x", "e30=", "Ü", "W1tb" * 9000):
        assert "This cursor is none" in client.refused("GET", path, 422, params={"cursor": wrong})


def test_nobody_gets_in_without_a_token_in_force(client: Client) -> None:
    nobody, stranger = {"Authorization": ""}, {"Authorization": "Bearer vtrack_guessed"}
    reader = {"Authorization": f"Bearer {client.vtrack('token', 'add', 'reader').strip()}"}
    guarded = [
        (method.upper(), path.format(event_id="x", video_id="x", camera_name="x", node="x"))
        for path, calls in client.get("/openapi.json")["paths"].items()
        for method in calls
        if path not in ("/api/v1/health", "/api/v1/ready") and (method, path) != ("post", "/api/v1/session")
    ]
    assert len(guarded) > 20
    for method, path in guarded:
        answer = client.ask(method, path, headers=nobody)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), path
        if method == "HEAD":  # its answer is the headers alone
            assert client.ask(method, path, headers=stranger).status_code == 401
            continue
        assert "`vtrack token add NAME`" in client.refused(method, path, 401, headers=stranger)
        if method != "GET" and not path.endswith(("/query", "/session")):
            assert "--scope operate" in client.refused(method, path, 403, headers=reader)
    assert client.ask("GET", "/api/v1/pause", headers=reader).ok
    assert client.ask("GET", "/api/v1/health", headers=nobody).ok
    assert "already" in client.vtrack("token", "add", "reader", status=1)
    assert {(one["name"], one["scope"]) for one in client.vtrack.json("token", "list")} >= {("reader", "read")}
    client.vtrack("token", "revoke", "reader")
    assert "not in force" in client.refused("GET", "/api/v1/pause", 401, headers=reader)
    assert "no token of the name" in client.vtrack("token", "revoke", "reader", status=1)


def test_what_is_too_large_or_no_json_is_refused(client: Client) -> None:
    codes = {"tracking_codes": ["A" * 100] * 100_000}
    assert "too large" in client.refused("POST", "/query", 413, json=codes)
    in_parts = (b" " * 100_000 for _ in range(20))
    assert "too large" in client.refused("POST", "/query", 413, data=in_parts)
    as_json = {"Content-Type": "application/json"} | client.headers
    for body in (b"{", b"\xff\xfe", b'{"tracking_codes": NaN}', b"[" * 10_000):
        answer = client.ask("POST", "/query", data=body, headers=as_json)
        assert answer.status_code in (400, 422), body
        assert "can't be read" in answer.json()["error"]
    as_text = {"Content-Type": "text/plain"} | client.headers
    assert client.refused("POST", "/query", 422, data=b"{}", headers=as_text)


def test_browsers_are_told_to_be_careful(client: Client) -> None:
    headers = client.ask("GET", "/api/v1/health", headers={"Origin": "https://shop.example"}).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert headers["Access-Control-Allow-Credentials"] == "true"
    elsewhere = client.ask("GET", "/api/v1/health", headers={"Origin": "https://else.example"}).headers
    assert "Access-Control-Allow-Origin" not in elsewhere


def test_progress_is_told_as_it_goes_on(client: Client) -> None:
    told = client.get("/api/v1/progress")
    assert (told["total"], told["finished"], told["failed"], told["footage_left_s"]) == (4, 4, 0, 0)
    with client.ask("GET", "/api/v1/progress/live", stream=True) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.iter_lines(decode_unicode=True)
        for _ in range(2):
            assert next(lines) == "event: totals"
            data = next(lines)
            assert isinstance(data, str)
            assert json.loads(data.removeprefix("data: "))["total"] == 4
            assert next(lines) == ""


def test_metrics_tell_how_it_went(client: Client) -> None:
    videos, events = client.get("/api/v1/videos")["videos"], client.get("/api/v1/events")["events"]
    told = client.get("/api/v1/metrics", step_s=86_400)
    assert sum(step["videos"] for step in told["work"]) == len(videos)
    footage_s = sum(step["footage_s"] for step in told["work"])
    assert footage_s == pytest.approx(sum(video["duration_s"] for video in videos), abs=0.1)
    assert sum(step["events"] for step in told["work"]) >= len(events)
    assert all(step["speed"] == pytest.approx(step["footage_s"] / step["work_s"], abs=0.1) for step in told["work"])
    assert told["batches"][0]["size"] == 2
    assert client.get("/api/v1/metrics", until="2026-01-01") == {"step_s": 3600, "work": [], "batches": []}
    assert client.get("/api/v1/metrics", camera="none")["work"] == []
    assert "longer" in client.refused("GET", "/api/v1/metrics", 422, params={"since": "1990-01-01", "step_s": 60})


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
        ("GET", "/api/v1/events?since=2026-02-01&until=2026-01-01", 422, "since lies behind until; exchange them"),
        ("GET", "/api/v1/events?status=lost", 422, "status"),
        ("GET", "/api/v1/history?most=0", 422, "most: "),
        ("GET", "/api/v1/videos?limit=1001", 422, "limit: "),
        ("GET", "/docs", 404, "nothing at /docs"),
    ],
)
def test_wrong_requests_are_answered_with_a_sentence(
    client: Client, method: str, path: str, status: int, said: str
) -> None:
    assert said in client.refused(method, path, status)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"kind": "first"}, "`days`"),
        ({"kind": "default", "days": 7}, "`days`"),
        ({"kind": "default", "is_forced": True}, "go with custom alone"),
        ({"kind": "first", "days": 7, "camera_name": "cam1"}, "go with custom alone"),
        ({"kind": "custom"}, "`custom_path`"),
    ],
)
def test_what_does_not_go_with_a_program_is_refused(client: Client, order: object, said: str) -> None:
    assert said in client.refused("POST", "/api/v1/programs", 422, json=order)


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


def test_machines_are_shown_and_drained(client: Client) -> None:
    [head] = client.get("/api/v1/nodes")
    assert (head["is_head"], head["state"]) == (True, "working")
    assert [one["reach"] for one in head["sources"]] == ["own"]
    shown = client.vtrack.json("node", "list")
    assert [(one["node"], one["sources"]) for one in shown] == [(head["node"], head["sources"])]
    refused = client.refused("PUT", "/api/v1/nodes/nobody/drain", 404, json={"is_drained": True})
    assert "GET /api/v1/nodes lists them" in refused
    assert "There is no machine 'nobody'" in client.vtrack("node", "drain", "nobody", status=1)
    for is_drained, state in ((True, "drained"), (False, "working")):
        path = f"/api/v1/nodes/{head['node']}/drain"
        assert client.ask("PUT", path, json={"is_drained": is_drained}).json() == {"is_drained": is_drained}
        deadline = time.monotonic() + _PATIENCE_S
        while client.get("/api/v1/nodes")[0]["state"] != state:
            assert time.monotonic() < deadline, state
            time.sleep(0.2)
