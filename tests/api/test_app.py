"""The app without Serve, over real HTTP: what depends on how it is set, and what it does without a service."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests
from fastapi import FastAPI

from tests.api.serving import app, served
from tests.conftest import Footage, Vtrack, copied
from tests.ledger.examples import claimed, conclusion, probed, refolded
from vtrack_ray.api.clips import Clips
from vtrack_ray.api.limits import Known, Limits
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.token import Scope, Token, digest_of, new_secret
from vtrack_ray.settings import Settings


@pytest.fixture
def settings(empty_database: Path, tmp_path: Path) -> Settings:
    return Settings(DB=copied(empty_database, tmp_path / "vtrack.duckdb"), TRUST_LOOPBACK=True)


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


def test_a_client_that_asks_too_often_has_to_wait_whatever_it_makes_up(settings: Settings) -> None:
    secret = new_secret()
    with Ledger.open(settings.DB) as ledger:
        ledger.add_token(Token(name="shop", digest=digest_of(secret), scope=Scope.READ, created_at=datetime.now(UTC)))
    known = {"Authorization": f"Bearer {secret}"}
    with app(settings.model_copy(update={"HTTP_RATE": 1.0})) as address:

        def answer(headers: dict[str, str]) -> requests.Response:
            return requests.get(f"{address}/api/v1/health", headers=headers, timeout=10)

        assert requests.get(f"{address}/program", headers=known, timeout=10).status_code == 200
        made_up = [{"Authorization": f"Bearer {number}"} for number in range(20)]
        made_up += [{"Cookie": f"vtrack_session={number}"} for number in range(20)]
        answers = [answer(headers) for headers in made_up]
        # One that is in force has an account of its own, whatever others do from the same address, and but one.
        spellings = ({"authorization": f"bearer {secret}"}, {**known, "Cookie": "vtrack_session=1"}, known)
        others = [answer(headers).status_code for headers in spellings * 10]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "too many requests" in answers[-1].json()["error"]
    assert others[:9] == [200] * 9
    assert others[-1] == 429, "however it is spelt"


def test_more_requests_than_can_be_answered_at_once_are_refused_in_a_sentence() -> None:
    begun, may_end = Event(), Event()
    slow = FastAPI()
    slow.add_middleware(Limits, rate=100.0, known=Known(), most=1)

    @slow.get("/")
    def wait() -> None:
        begun.set()
        may_end.wait(10)

    with served(slow) as address, ThreadPoolExecutor() as other:
        first = other.submit(requests.get, address, timeout=10)
        begun.wait(10)
        refused = requests.get(address, timeout=10)
        may_end.set()
        assert first.result().status_code == 200
        assert requests.get(address, timeout=10).status_code == 200
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "2"
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    assert "More requests are under way" in refused.json()["error"]


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


@pytest.mark.parametrize(
    "name", ["b\udce0n 1.mp4", "\udcff" * 4000 + ".mp4", "\x01" * 4000 + ".mp4", "đ" * 2000 + ".mp4"]
)
def test_a_page_may_end_with_any_name(settings: Settings, name: str) -> None:
    with Ledger.open(settings.DB) as ledger:
        files = probed(ledger, name, f"{name}.mp4")
    with app(settings) as address:

        def page(**parameters: str) -> Any:
            answer = requests.get(f"{address}/api/v1/videos", params={"limit": "1", **parameters}, timeout=30)
            assert answer.status_code == 200, answer.text[:500]
            return answer.json()

        first = page()
        second = page(cursor=first["next_cursor"])
    assert [one["videos"][0]["path"] for one in (first, second)] == [file.path for file in files]
    assert second["next_cursor"] is None


def test_an_end_is_not_foretold_before_anything_was_measured(settings: Settings) -> None:
    with Ledger.open(settings.DB) as ledger:
        probed(ledger, "a.mp4", camera_name="cam1")
        claim = claimed(ledger, camera_name="cam2")
        ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded(camera_name="cam2"))
    with app(settings) as address:
        told = requests.get(f"{address}/api/v1/progress", timeout=30).json()
    assert (told["footage_left_s"], told["estimated_finish"]) == (60.0, None)


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
