"""The app without Serve, over real HTTP: what depends on how it is set, and what it does without a service."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import requests

from tests.api.serving import app
from tests.conftest import Footage, Vtrack
from vtrack_ray.api.clips import Clips
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "vtrack.duckdb"
    Ledger.open(path).close()
    return Settings(DB=path, TRUST_LOOPBACK=True)


def test_whoever_is_on_this_machine_gets_in_if_so_set(settings: Settings) -> None:
    with app(settings) as address:
        assert requests.get(f"{address}/program", timeout=10).json()["current_running"] is None
        # A page elsewhere may have its own name lead to this machine: its requests carry that name.
        rebound = requests.get(f"{address}/program", headers={"Host": "evil.example"}, timeout=10)
        assert rebound.status_code == 401
        wrong = requests.get(f"{address}/program", headers={"Authorization": "Bearer x"}, timeout=10)
        assert wrong.status_code == 401, "a token that is shown has to be in force"
    with app(settings.model_copy(update={"TRUST_LOOPBACK": False})) as address:
        assert requests.get(f"{address}/program", timeout=10).status_code == 401


def test_a_client_that_asks_too_often_has_to_wait(settings: Settings) -> None:
    with app(settings.model_copy(update={"HTTP_RATE": 1.0})) as address:
        answers = [requests.get(f"{address}/api/v1/health", timeout=10) for _ in range(15)]
        other = requests.get(f"{address}/api/v1/health", headers={"Authorization": "Bearer other"}, timeout=10)
    statuses = [answer.status_code for answer in answers]
    assert set(statuses[:10]) == {200}
    assert statuses[-1] == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "too many requests" in answers[-1].json()["error"]
    assert other.status_code == 200


def test_without_a_database_a_sentence_says_so(tmp_path: Path) -> None:
    with app(Settings(DB=tmp_path / "none.duckdb", TRUST_LOOPBACK=True)) as address:
        answer = requests.get(f"{address}/get-cameras", timeout=30)
    assert answer.status_code == 503
    assert "There is no database" in answer.json()["error"]
    assert answer.headers["Retry-After"]


def test_where_no_service_runs_the_file_is_read(vtrack: Vtrack, two_cameras: Footage) -> None:
    vtrack("run", "--local", two_cameras.root)
    with app(Settings(DB=vtrack.db, TRUST_LOOPBACK=True)) as address:
        page = requests.get(f"{address}/api/v1/videos", timeout=30).json()
        ready = requests.get(f"{address}/api/v1/ready", timeout=30).json()
    assert page["videos"] == vtrack.json("videos")
    assert ready == {"is_at_work": False}


def test_a_file_that_has_changed_since_is_not_given(vtrack: Vtrack, two_cameras: Footage, tmp_path: Path) -> None:
    source = next(iter(sorted(two_cameras.root.rglob("*.mp4"))))
    copied = tmp_path / "recordings" / "cam9" / source.name
    copied.parent.mkdir(parents=True)
    copied.write_bytes(source.read_bytes())
    vtrack("run", "--local", tmp_path / "recordings")
    [video] = vtrack.json("videos")
    copied.unlink()
    copied.symlink_to("/etc/passwd")
    with app(Settings(DB=vtrack.db, TRUST_LOOPBACK=True)) as address:
        for what in ("file", "picture"):
            answer = requests.get(f"{address}/api/v1/videos/{video['video_id']}/{what}", timeout=30)
            assert answer.status_code == 410
            assert "has changed since it was found" in answer.json()["error"]


def test_whoever_asks_for_a_long_clip_is_told_to_ask_again(finished: Vtrack, tmp_path: Path) -> None:
    settings = Settings(DB=finished.db, TRUST_LOOPBACK=True)
    clips = Clips(tmp_path / "clips", 2**20, wait_s=0.0)
    event = finished.json("events")[0]["event_id"]
    with app(settings, clips) as address:
        url = f"{address}/api/v1/events/{event}/clip"
        first = requests.head(url, timeout=30)
        assert first.status_code == 202
        assert int(first.headers["Retry-After"]) > 0
        assert first.content == b""
        deadline = time.monotonic() + 60
        while (clip := requests.get(url, timeout=30)).status_code == 202:
            assert time.monotonic() < deadline, "it is never ready"
            time.sleep(0.05)
        head = requests.head(url, timeout=30)
    assert (clip.status_code, clip.headers["Content-Type"]) == (200, "video/mp4")
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(clip.content)))
