"""V_Track's calls, over HTTP, against the service as its user starts it."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.api.conftest import Client
from tests.conftest import Footage

pytestmark = pytest.mark.parametrize("prefix", ["", "/api"])


def test_a_parcel_is_found_by_its_code(client: Client, two_cameras: Footage, prefix: str) -> None:
    camera = two_cameras.truth.cameras[0]
    true = next(event for event in camera.events if event.tracking_codes)
    [code] = true.tracking_codes
    found = client.post(f"{prefix}/query", {"tracking_codes": [code.lower()]})
    [event] = found["events"]
    assert event["tracking_codes_parsed"] == json.loads(event["tracking_codes"]) == [code]
    assert event["camera_name"] == camera.camera_name
    assert abs(event["packing_time_start"] / 1000 - true.started_at.timestamp()) < 0.5
    assert abs(event["packing_time_end"] / 1000 - true.ended_at.timestamp()) < 0.5
    assert datetime.fromisoformat(event["packing_time_start_local"]).timestamp() * 1000 == event["packing_time_start"]
    assert event["timezone_info"] == {"timezone": "Asia/Ho_Chi_Minh", "utc_offset_seconds": 7 * 3600}
    assert event["te"] - event["ts"] == pytest.approx(event["duration"])
    assert event["video_file"] in {str(path) for path in two_cameras.root.rglob("*.mp4")}
    assert found["metadata"]["total_events"] == 1
    assert found["metadata"]["search_criteria"] == {"tracking_codes": [code.lower()], "cameras": []}


def test_codes_that_are_empty_are_none(client: Client, prefix: str) -> None:
    without = client.post(f"{prefix}/query", {"tracking_codes": ["", " "]})["metadata"]
    assert without["search_criteria"]["tracking_codes"] == []
    searched = without["time_range"]
    assert searched["to_utc"] - searched["from_utc"] == 7 * 86_400_000


def test_a_time_range_and_cameras_narrow_the_search(client: Client, two_cameras: Footage, prefix: str) -> None:
    camera = two_cameras.truth.cameras[0]
    first = camera.events[0]
    around = {
        "from_time": int(first.started_at.timestamp() * 1000) - 500,
        "to_time": first.ended_at.isoformat(),
        "cameras": [camera.camera_name],
    }
    found = client.post(f"{prefix}/query", around)["events"]
    assert [one["camera_name"] for one in found] == [camera.camera_name]
    assert client.post(f"{prefix}/query", {**around, "cameras": ["elsewhere"]})["events"] == []
    local = first.started_at.astimezone(datetime.now().astimezone().tzinfo).replace(tzinfo=None)
    assert client.post(f"{prefix}/query", {"to_time": local.isoformat(), "timezone": "Pacific/Kiritimati"})


def test_what_is_known_is_told(client: Client, two_cameras: Footage, prefix: str) -> None:
    assert client.get(f"{prefix}/get-cameras") == {"cameras": ["cam1", "cam2"]}
    folders = [{"name": name, "path": str(two_cameras.root / name)} for name in ("cam1", "cam2")]
    assert client.get(f"{prefix}/get-camera-folders") == {"folders": folders}
    assert client.get(f"{prefix}/check-first-run") == {"first_run_completed": False}
    progress = client.get(f"{prefix}/program-progress")
    assert progress["files"] == []
    assert (progress["total"], progress["finished"], progress["failed"]) == (4, 4, 0)
    assert progress["footage_left_s"] == 0


def test_programs_are_run_and_stopped(client: Client, prefix: str) -> None:
    path = f"{prefix}/program"
    running = client.post(path, {"card": "Mặc định", "action": "run"})
    assert running == {"current_running": "Default", "days": None, "custom_path": None}
    assert client.get(path) == running
    assert client.post(f"{prefix}/confirm-run", {"card": "Default"}) == {"program_type": "default"}
    first = client.post(path, {"card": "First Run", "action": "run", "days": "7"})
    assert first == {"current_running": "First Run", "days": 7, "custom_path": None}
    assert client.post(path, {"card": "First Run", "action": "stop"})["current_running"] is None
    assert "does not run" in client.refused("POST", f"{prefix}/confirm-run", 409, json={"card": "Chỉ định"})


@pytest.mark.parametrize(
    ("call", "body", "said"),
    [
        ("program", {"card": "Nothing", "action": "run"}, "`card` is one of First Run"),
        ("program", {"action": "run"}, "no card"),
        ("program", {"card": "First Run", "action": "run"}, "needs `days`"),
        ("program", {"card": "First Run", "action": "run", "days": 366}, "days: "),
        ("program", {"card": "First Run", "action": "run", "days": 10**400}, "days: "),
        ("program", {"card": "Custom", "action": "run"}, "`custom_path`"),
        ("program", {"card": "Default", "action": "fly"}, "action: "),
        ("query", {"from_time": "yesterday"}, "from_time: 'yesterday' is no instant"),
        ("query", {"from_time": "0001-01-01"}, "no instant between 1970 and 2999"),
        ("query", {"to_time": 10**30}, "no instant"),
        ("query", {"from_time": "2026-02-01", "to_time": "2026-01-01"}, "exchange them"),
        ("query", {"timezone": "../../etc/passwd"}, "no time zone"),
        ("query", {"timezone": "Asia"}, "no time zone"),
        ("query", {"tracking_codes": "ABC"}, "tracking_codes: "),
        ("query", {"default_days": 0}, "default_days: "),
        ("query", [], "The request can't be read"),
    ],
)
def test_wrong_requests_are_answered_with_a_sentence(
    client: Client, prefix: str, call: str, body: object, said: str
) -> None:
    assert said in client.refused("POST", f"{prefix}/{call}", 422, json=body)
