"""The packet index: every picture's time, kind and size without decoding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.footage.clips import GOP, RATE, make_clip
from vtrack_ray.errors import NotAVideo
from vtrack_ray.footage.packets import index_packets
from vtrack_ray.meaning.span import Span


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "mov", "ts"])
def test_the_whole_file(tmp_path: Path, suffix: str) -> None:
    index = index_packets(str(make_clip(tmp_path / f"clip.{suffix}", b_frames=2)))
    assert index.times_s.tolist() == [n / RATE for n in range(50)]
    assert index.keyframe.nonzero()[0].tolist() == list(range(0, 50, GOP))
    assert (index.size_bytes > 0).all()
    assert index.size_bytes[index.keyframe].mean() > index.size_bytes[~index.keyframe].mean()
    assert index.end_s == pytest.approx(2.0, abs=0.03)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts"])
@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (Span(0.5, 0.9), 10, 30),
        (Span(0.4, 0.8), 10, 20),
        (Span(0.0, 0.1), 0, 10),
        (Span(1.7, 99.0), 40, 49),
    ],
)
def test_a_span_comes_with_the_keyframes_around_it(
    tmp_path: Path, suffix: str, span: Span, first: int, last: int
) -> None:
    params = "" if suffix == "avi" else "open-gop=1"
    index = index_packets(str(make_clip(tmp_path / f"clip.{suffix}", b_frames=3, params=params)), span)
    assert index.times_s.tolist() == [n / RATE for n in range(first, last + 1)]


def test_a_span_past_the_end_has_the_last_group_only(tmp_path: Path) -> None:
    index = index_packets(str(make_clip(tmp_path / "clip.mkv")), Span(50, 60))
    assert index.times_s.tolist() == [n / RATE for n in range(40, 50)]


def test_a_stretch_without_pictures_is_a_hole(tmp_path: Path) -> None:
    index = index_packets(str(make_clip(tmp_path / "paused.mkv", pictures=100, left_out=range(21, 70))))
    assert [tuple(hole) for hole in index.holes] == [pytest.approx((0.84, 2.8))]
    assert index.longest_picture_s == pytest.approx(0.04)
    slow = index_packets(str(make_clip(tmp_path / "slow.mkv", left_out={n for n in range(50) if n % 20})))
    assert slow.holes == ()
    assert slow.longest_picture_s == pytest.approx(0.8)


@pytest.mark.parametrize(("b_frames", "damaged", "jump_s"), [(0, 48, 2.0), (2, 47, 1.9)])
def test_behind_timestamps_that_jump_back_the_times_go_on(
    tmp_path: Path, b_frames: int, damaged: int, jump_s: float
) -> None:
    path = make_clip(tmp_path / "twice.ts", b_frames=b_frames)
    path.write_bytes(path.read_bytes() * 2)
    index = index_packets(str(path))
    # At the joint the stream's packet counter is out of step, and FFmpeg calls the picture before it damaged.
    whole = [n for n in range(100) if n != damaged]
    assert (index.times_s * RATE).tolist() == pytest.approx(whole)
    [jump] = index.jumps
    assert jump.time_s == pytest.approx(jump_s, abs=0.05)
    assert jump.is_counted_on
    part = index_packets(str(path), Span(2.5, 2.9))
    assert (part.times_s * RATE).tolist() == pytest.approx(range(60, 81))


def test_damaged_packets_are_noted(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "lossy.ts", pictures=100)
    packets = path.read_bytes()
    start = len(packets) // 188 // 2 * 188
    path.write_bytes(packets[:start] + packets[start + 3 * 188 :])
    assert any(note.startswith("damaged packets: ") for note in index_packets(str(path)).notes)


def test_pictures_without_times_are_refused_and_the_file_is_closed(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "raw.h264")
    # The error's trace, kept by `refused`, keeps what it passed through alive.
    with pytest.raises(NotAVideo, match="pictures without times") as refused:
        index_packets(str(path))
    assert refused.tb is not None
    assert path not in [file.resolve() for file in Path("/proc/self/fd").iterdir()]
