"""Videos read through the head's HTTP service, as a machine does that does not see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest

import vtrack_ray.actors.work  # noqa: F401  makes the scheme known, in each process that samples
from tests.api.conftest import Client
from tests.conftest import Footage
from vtrack_ray.errors import VideoForbidden, VideoUnreachable, VideoVanished
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.sampling.sampler import sample_span
from vtrack_ray.sources.head import HeadFile, Through, called, doubt_through
from vtrack_ray.sources.local import scan
from vtrack_ray.sources.proof import proof_of

GUESSED = "vtrack_guessed"


@pytest.fixture
def video(client: Client, two_cameras: Footage) -> Video:
    """One that the service knows."""
    file = scan([two_cameras.root]).files[0]
    return Video(file=file, header=probe(file, ZoneInfo("UTC")))


@pytest.fixture
def through(client: Client) -> Through:
    return Through(client.address, client.headers["Authorization"].removeprefix("Bearer "))


def test_what_is_sampled_of_it_is_what_is_sampled_of_the_file(
    video: Video, through: Through, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    profile, span = Profile(camera_name="cam1"), Span(0.0, video.duration_s)
    there = called(sample_span, (video, profile, span), {}, through)
    here = sample_span(video, profile, span)
    assert replace(there, seconds={}) == replace(here, seconds={})
    assert here.samples
    assert any((cache / "vtrack" / "videos").iterdir()), "it was read from elsewhere"


def test_what_goes_wrong_with_it_is_told_of_the_file(video: Video, through: Through) -> None:
    stranger = replace(video, file=replace(video.file, modified_ns=1))
    with pytest.raises(VideoVanished) as caught:
        called(sample_span, (stranger, Profile(camera_name="cam1"), Span(0.0, 1.0)), {}, through)
    assert "head://" not in str(caught.value)


def test_a_machine_finds_out_whether_it_can_be_read(
    video: Video, through: Through, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtrack_ray.sources.head._PAUSE_S", 0.0)
    proof = proof_of(video.file)
    assert proof is not None
    assert doubt_through(proof, through) is None
    assert "other bytes" in (doubt_through(replace(proof, digest="0" * 32), through) or "")
    assert "(401)" in (doubt_through(proof, through._replace(secret=GUESSED)) or "")
    nowhere = through._replace(service="http://127.0.0.1:1")
    assert "can't be read through" in (doubt_through(proof, nowhere) or "")


def test_ranges_are_given_and_refusals_are_told_apart(video: Video, through: Through) -> None:
    data = Path(video.path).read_bytes()
    there = HeadFile(video.video_id, len(data), through)
    assert there.fetch(0, 10) == data[:10]
    assert there.fetch(1000, 5000) == data[1000:6000]
    assert there.fetch(len(data) - 7, 7) == data[-7:]
    assert there.fetch(5, 0) == b""
    with pytest.raises(VideoVanished, match="There is no video of that id"):
        HeadFile("0123456789abcdef", 1, through).fetch(0, 1)
    with pytest.raises(VideoForbidden, match="not in force"):
        HeadFile(video.video_id, 1, through._replace(secret=GUESSED)).fetch(0, 1)


@contextmanager
def cutting_off(answers: int) -> Iterator[Through]:
    """A service whose first answers end in the middle."""
    left = [answers]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(206)
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.wfile.write(b"01234" if left[0] else b"0123456789")
            left[0] -= 1

        def log_message(self, *_said: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            yield Through(f"http://127.0.0.1:{server.server_port}", GUESSED)
        finally:
            server.shutdown()
            serving.join()


def test_an_answer_that_is_cut_off_is_asked_for_again_some_times(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("vtrack_ray.sources.head.time.sleep", slept.append)
    with cutting_off(2) as through:
        assert HeadFile("0123", 10, through).fetch(0, 10) == b"0123456789"
    assert slept == [1.0, 2.0]
    with cutting_off(9) as through, pytest.raises(VideoUnreachable, match="IncompleteRead"):
        HeadFile("0123", 10, through).fetch(0, 10)
    assert slept == [1.0, 2.0, 1.0, 2.0, 3.0], "who gives up waits for nothing"
