"""Clips: cut from recordings that browsers play and that they don't, and no more kept than there is room for."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import av
import pytest

from vtrack_ray.api.clips import Clips
from vtrack_ray.errors import NotAVideo
from vtrack_ray.footage.clip import Part, cut


def recorded(path: Path, codec: str) -> Path:
    """Ten seconds, with a name that a list of files could trip over."""
    source = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=10"]
    subprocess.run(["ffmpeg", "-v", "error", *source, "-c:v", codec, "-pix_fmt", "yuvj420p", path], check=True)
    return path


def part(path: Path, start_s: float, end_s: float, codec: str) -> Part:
    return Part(path=str(path), start_s=start_s, end_s=end_s, codec=codec)


def seconds_of(path: Path) -> float:
    with av.open(str(path)) as container:
        [stream] = container.streams.video
        assert stream.codec_context.name == "h264"
        return sum(1 for _ in container.decode(stream)) / 25


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def until_cut(clips: Clips, parts: list[Part]) -> Path:
    deadline = time.monotonic() + 60
    while (clip := clips.clip(["a"], parts)) is None:
        assert time.monotonic() < deadline, "it is never ready"
        time.sleep(0.05)
    return clip


def test_what_browsers_do_not_play_is_encoded_anew(tmp_path: Path) -> None:
    source = recorded(tmp_path / "it's 10:00.avi", "mjpeg")
    cut([part(source, 7.0, 10.0, "mjpeg"), part(source, 0.0, 2.0, "mjpeg")], tmp_path / "clip.mp4")
    assert seconds_of(tmp_path / "clip.mp4") == pytest.approx(5.0, abs=0.1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "it's 10:00.avi"]


def test_what_can_not_be_cut_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    clips = Clips(tmp_path / "clips", 2**20)
    for _ in range(2):
        with pytest.raises(NotAVideo, match="is not a video"):
            clips.clip(["a"], [part(broken, 0.0, 1.0, "h264")])
    assert files_in(tmp_path / "clips") == []


def test_clips_are_kept_for_another_recording_apart_and_while_there_is_room(tmp_path: Path) -> None:
    source = recorded(tmp_path / "a.mp4", "libx264")
    parts = [part(source, 1.0, 3.0, "h264")]
    clips = Clips(tmp_path / "clips", 2**20)
    first = clips.clip(["a"], parts)
    assert first is not None
    assert clips.clip(["a"], parts) == first
    second = clips.clip(["b"], parts)
    assert second not in (None, first)
    small = Clips(tmp_path / "clips", 1)
    third = small.clip(["c"], parts)
    assert files_in(tmp_path / "clips") == [third]


def test_a_long_clip_is_cut_behind_the_requests_for_it(tmp_path: Path) -> None:
    source = recorded(tmp_path / "a.avi", "mjpeg")
    parts = [part(source, 0.0, 10.0, "mjpeg")]
    clips = Clips(tmp_path / "clips", 2**20, wait_s=0.0)
    assert clips.clip(["a"], parts) is None
    clip = until_cut(clips, parts)
    assert files_in(tmp_path / "clips") == [clip], "it was cut once"
    assert seconds_of(clip) == pytest.approx(10.0, abs=0.1)


def test_a_clip_that_had_to_make_room_before_it_was_asked_for_again_is_cut_anew(tmp_path: Path) -> None:
    source = recorded(tmp_path / "a.avi", "mjpeg")
    parts = [part(source, 0.0, 2.0, "mjpeg")]
    clips = Clips(tmp_path / "clips", 2**20, wait_s=0.0)
    assert clips.clip(["a"], parts) is None
    deadline = time.monotonic() + 60
    while not (made := list((tmp_path / "clips").glob("*.mp4"))):
        assert time.monotonic() < deadline, "it is never ready"
        time.sleep(0.05)
    time.sleep(0.2)
    made[0].unlink()
    assert clips.clip(["a"], parts) is None, "it is being cut again"
    assert until_cut(clips, parts).exists()


def test_a_failure_behind_a_request_is_told_to_the_next_while_it_is_news(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    source.write_bytes(b"nothing")
    parts = [part(source, 0.0, 1.0, "h264")]
    at_once, later = Clips(tmp_path / "clips", 2**20, 0.0), Clips(tmp_path / "clips", 2**20, 0.0, told_s=0.0)
    for clips in (later, at_once):
        assert clips.clip(["a"], parts) is None
    with pytest.raises(NotAVideo):
        until_cut(at_once, parts)
    time.sleep(1)  # both have failed by now
    source.unlink()
    recorded(source, "libx264")
    assert until_cut(later, parts).exists()


def test_what_a_killed_process_was_cutting_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "clips" / "being cut" / "left"
    left.mkdir(parents=True)
    (left / "1.mp4").write_bytes(b"a piece")
    source = recorded(tmp_path / "a.mp4", "libx264")
    clip = Clips(tmp_path / "clips", 2**20).clip(["a"], [part(source, 1.0, 3.0, "h264")])
    assert files_in(tmp_path / "clips") == [clip]
