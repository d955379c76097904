"""A folder at Google Drive worked off by a run, and its videos, pictures and clips over HTTP."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest
import requests
from click.testing import CliRunner, Result

from tests.api.serving import app
from tests.conftest import MadeOnce
from tests.drive import faults
from tests.drive.server import Google
from tests.drive.sources import signed_in
from tests.pipeline.test_scheduler import CLIPS_RATE, clip_of
from vtrack_ray.cli.main import main
from vtrack_ray.drive.account import Account, account_path
from vtrack_ray.footage.origin import cache_folder
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.settings import Settings

_MB = 2**20
_PADDING = 6 * _MB

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def recording(made_once: MadeOnce) -> bytes:
    """A video of one packing, behind which its file has 6 MB that nobody needs to look at it."""
    box = (_PADDING + 8).to_bytes(4, "big") + b"free"
    return clip_of(made_once, "clip", 7).read_bytes() + box + os.urandom(_PADDING)


@pytest.fixture
def video(google: Google, recording: bytes) -> str:
    shop = google.contents.folder("Shop")
    return google.contents.file("20251101T010000Z.mp4", google.contents.folder("cam 1", shop), recording)


@pytest.fixture
def settings(tmp_path: Path, google: Google, robot: Account) -> Settings:
    return signed_in(tmp_path / "vtrack.duckdb", google, robot, TRUST_LOOPBACK=True)


@pytest.fixture
def vtrack(settings: Settings) -> Run:
    def run(*arguments: object, status: int = 0) -> Result:
        wanted = {
            f"VTRACK_{name}": str(getattr(settings, name)) for name in ("DB", "DRIVE_ENDPOINT", "DRIVE_RETRY_SECONDS")
        }
        result = CliRunner().invoke(main, [*map(str, arguments)], env=wanted)
        assert result.exit_code == status, result.output
        return result

    return run


@pytest.fixture
def place(vtrack: Run, video: str, settings: Settings) -> Iterator[str]:
    """Where the API has the video, which was worked off, and of which nothing is kept here any more."""
    assert "1 file: 1 done" in vtrack("run", "--local", "drive:Shop").output
    shutil.rmtree(cache_folder())
    with open_answers(settings.DB) as answers:
        [row] = answers.videos()
    assert (row.camera_name, row.path.partition(":")[2].partition(":")[0]) == ("cam 1", f"//{video}")
    with app(settings) as address:
        yield f"{address}/api/v1/videos/{row.video_id}"


def got(place: str, what: str, method: str = "GET", status: int = 200, **options: Any) -> requests.Response:
    answer = requests.request(method, f"{place}/{what}", timeout=30, **options)
    assert answer.status_code == status, answer.text[:500]
    return answer


def test_a_run_finds_in_a_folder_at_drive_what_it_finds_on_the_disk(
    vtrack: Run, google: Google, video: str, recording: bytes, tmp_path: Path, settings: Settings
) -> None:
    assert "no video files" in vtrack("run", "--local", f"drive:{google.contents.folder('Empty')}", status=1).output
    assert "There is no folder named 'Sohp'" in vtrack("run", "--local", "drive:Sohp", status=1).output
    assert "leave the camera out" in vtrack("run", "--local", "--camera", "x", "drive:Shop", status=1).output
    vtrack("run", "--local", "drive:Shop")
    copy = tmp_path / "disk" / "cam 1" / "20251101T010000Z.mp4"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(recording)
    vtrack("run", "--local", "--set", f"DB={tmp_path / 'other.duckdb'}", copy.parents[1])
    found, known = [
        [(one.started_at, one.ended_at, one.tracking_codes, one.camera_name) for one in _events(db)]
        for db in (settings.DB, tmp_path / "other.duckdb")
    ]
    assert found == known
    assert len(found) == 1
    assert google.served(video) < len(recording) / 4
    account_path(settings.DB).unlink()
    assert "vtrack drive login" in vtrack("run", "--local", "drive:Shop", status=1).output


def _events(db: Path) -> list[Any]:
    with open_answers(db) as answers:
        return list(answers.events())


def test_a_video_at_drive_is_given_whole_and_in_ranges(place: str, recording: bytes) -> None:
    size = len(recording)
    head = got(place, "file", "HEAD")
    assert (head.content, head.headers["Content-Length"], head.headers["Content-Type"]) == (b"", str(size), "video/mp4")
    whole = got(place, "file")
    assert whole.content == recording
    assert "20251101T010000Z.mp4" in whole.headers["Content-Disposition"]
    for asked, begin, end in (
        ("bytes=100-199", 100, 200),
        ("bytes=100-", 100, 100 + 4 * _MB),
        (f"bytes={size - 5}-{size + 5}", size - 5, size),
        ("bytes=-77", size - 77, size),
        (f"bytes=1000-{5 * _MB}", 1000, 5 * _MB + 1),
    ):
        part = got(place, "file", status=206, headers={"Range": asked})
        assert part.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{size}"
        assert part.content == recording[begin:end]
    for asked in ("bytes=9-5", "bytes=0-1,5-6", "lines=1-2", "bytes=-"):
        assert got(place, "file", "HEAD", headers={"Range": asked}).headers["Content-Length"] == str(size)
    beyond = got(place, "file", status=416, headers={"Range": f"bytes={size}-"})
    assert beyond.headers["Content-Range"] == f"bytes */{size}"
    same = {"Range": "bytes=0-9", "If-Range": whole.headers["ETag"]}
    assert got(place, "file", "HEAD", status=206, headers=same).headers["Content-Length"] == "10"
    assert got(place, "file", "HEAD", headers={**same, "If-Range": '"another"'}).headers["Content-Length"] == str(size)


def test_no_more_of_a_video_is_fetched_than_is_given(
    place: str, google: Google, video: str, recording: bytes, settings: Settings
) -> None:
    before = google.served(video)
    got(place, "file", status=206, headers={"Range": "bytes=1000000-1999999"})
    assert google.served(video) - before < 1_010_000
    before = google.served(video)
    got(place, "file", status=206, headers={"Range": "bytes=1000000-1999999"})
    assert google.served(video) == before
    assert got(place, "picture", params={"time_s": 2}).headers["Content-Type"] == "image/jpeg"
    [event] = _events(settings.DB)
    clip = got(place.partition("/videos/")[0], f"events/{event.event_id}/clip")
    with av.open(io.BytesIO(clip.content), "r") as container:
        assert sum(1 for _ in container.decode(video=0)) >= 6 * CLIPS_RATE
    assert google.served(video) - before < len(recording) / 4


def test_what_stands_in_the_way_of_a_video_is_told(place: str, google: Google, video: str, settings: Settings) -> None:
    google.faults.on(faults.UNAVAILABLE, path="alt=media")
    assert len(got(place, "file", status=206, headers={"Range": "bytes=0-9"}).content) == 10
    google.faults.on(faults.UNAVAILABLE, times=10_000, path=video)
    for what in ("file", "picture"):
        refused = got(place, what, status=503)
        assert "Google Drive goes on refusing" in refused.json()["error"]
        assert refused.headers["Retry-After"]
    assert len(google.asked("GET", video)) < 40
    google.faults.off()
    google.contents.trash(video)
    with app(settings) as address:  # what Drive told of a file counts for some seconds
        again = address + place[place.index("/api/") :]
        assert "trash" in got(again, "file", status=410).json()["error"]
        account_path(settings.DB).unlink()
        assert "vtrack drive login" in got(again, "file", status=503).json()["error"]
