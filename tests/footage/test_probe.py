"""Probing: what the header of a file tells, and the sentence for each that can't be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.footage.clips import HEIGHT_PX, RATE, WIDTH_PX, add_sound, cut_off, make_clip, make_sound
from vtrack_ray.errors import NotAVideo, VideoForbidden, VideoUnreachable, VideoVanished
from vtrack_ray.footage.packets import index_packets
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.video import FoundFile, Header, StartBasis

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MODIFIED = datetime(2026, 11, 1, 9, tzinfo=UTC)
NOBODY = 65534


def probed(path: Path) -> Header:
    modified_ns = int(MODIFIED.timestamp()) * 1_000_000_000
    found = FoundFile(source="local", path=str(path), camera_name="cam1", size_bytes=1, modified_ns=modified_ns)
    return probe(found, HANOI)


@pytest.mark.parametrize("first", [0, 250])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "ts", "flv"])
def test_the_duration_runs_from_the_first_picture(tmp_path: Path, suffix: str, first: int) -> None:
    header = probed(make_clip(tmp_path / f"clip.{suffix}", first=first))
    assert header.duration_s == pytest.approx(2.0, abs=0.05)
    assert (header.width_px, header.height_px, header.codec) == (WIDTH_PX, HEIGHT_PX, "h264")


def test_avi(tmp_path: Path) -> None:
    header = probed(make_clip(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p"))
    assert header.duration_s == pytest.approx(2.0)
    assert header.codec == "mjpeg"


def test_an_avi_that_was_cut_off_is_as_long_as_it_was_recorded(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p")
    data = whole.read_bytes()
    for percent in (30, 60, 99):
        part = tmp_path / f"{percent}.avi"
        part.write_bytes(data[: len(data) * percent // 100])
        assert probed(part).duration_s == pytest.approx(2.0)
    padded = tmp_path / "padded.avi"
    padded.write_bytes(data + bytes(100))
    assert probed(padded).duration_s == pytest.approx(2.0)


def test_the_length_of_an_avi_that_was_never_finished_is_what_is_there(tmp_path: Path) -> None:
    """A recorder that loses its power has not written how much there is."""
    data = bytearray(make_clip(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p").read_bytes())
    length = data.index(b"strh") + 40
    data[length : length + 4] = bytes(4)
    data[4:8] = bytes(4)
    part = tmp_path / "part.avi"
    part.write_bytes(data[: len(data) // 2])
    assert 0.5 < probed(part).duration_s < 1.5


@pytest.mark.parametrize("part", [0.5, 1.0])
@pytest.mark.parametrize(
    ("field", "value", "days"), [(32, b"\xff\xff\xff\xff", "1988"), (20, b"\xff\xff\xff\xff\x01\0\0\0", r"\d+")]
)
def test_an_avi_whose_header_is_nonsense_is_given_up_with_a_sentence(
    tmp_path: Path, field: int, value: bytes, days: str, part: float
) -> None:
    """The number of its pictures, or the time that each takes."""
    data = bytearray(make_clip(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p").read_bytes())
    at = data.index(b"strh") + 8 + field
    data[at : at + len(value)] = value
    broken = tmp_path / "broken.avi"
    broken.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(NotAVideo, match=rf"broken\.avi lasts {days} days by its header, which must be damaged"):
        probed(broken)


def test_the_start_is_the_containers_before_the_names_before_the_modification_time(tmp_path: Path) -> None:
    tags = {"creation_time": "2026-11-01T02:00:00Z"}
    with_both = probed(make_clip(tmp_path / "20261101_080000.mp4", tags=tags))
    assert (with_both.started_at, with_both.start_basis) == (datetime(2026, 11, 1, 2, tzinfo=UTC), StartBasis.CONTAINER)
    with_name = probed(make_clip(tmp_path / "20261101_080000.ts"))
    assert (with_name.started_at, with_name.start_basis) == (datetime(2026, 11, 1, 1, tzinfo=UTC), StartBasis.NAME)
    with_neither = probed(make_clip(tmp_path / "clip.ts"))
    assert (with_neither.started_at, with_neither.start_basis) == (
        datetime(2026, 11, 1, 8, 59, 58, tzinfo=UTC),
        StartBasis.MODIFIED,
    )


def test_a_header_without_a_duration_is_helped_by_the_packets(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "live.mkv")
    data = path.read_bytes()
    # The Duration element (0x4489, 8 bytes) becomes a Void element of the same length, as in a stream's header.
    path.write_bytes(data.replace(b"\x44\x89\x88", b"\xec\x89\x00", 1).replace(b"DURATION", b"DURATIOX"))
    assert probed(path).duration_s == pytest.approx(2.0, abs=0.03) == index_packets(str(path)).end_s


def test_a_cut_off_recording_keeps_what_its_header_promised(tmp_path: Path) -> None:
    assert probed(cut_off(make_clip(tmp_path / "cut.mkv"), 0.6)).duration_s == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("sound_s", [1.0, 2.0, 5.0])
@pytest.mark.parametrize("first", [0, 25])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "ts", "flv"])
def test_sound_that_goes_on_longer_is_no_part_of_the_duration(
    tmp_path: Path, suffix: str, first: int, sound_s: float
) -> None:
    clip = make_clip(tmp_path / f"clip.{suffix}", first=first)
    path = add_sound(tmp_path / f"sound.{suffix}", clip, first / RATE + sound_s)
    assert probed(path).duration_s == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("sound_s", [2.0, 5.0])
def test_longer_sound_in_matroska_without_the_tag_that_ffmpeg_writes(tmp_path: Path, sound_s: float) -> None:
    path = add_sound(tmp_path / "sound.mkv", make_clip(tmp_path / "clip.mkv"), sound_s)
    path.write_bytes(path.read_bytes().replace(b"DURATION", b"DURATIOX"))
    assert probed(path).duration_s == pytest.approx(2.0, abs=0.05)


def test_statistics_of_other_muxers_are_no_last_timestamp(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mkv", first=25)
    path = add_sound(tmp_path / "sound.mkv", clip, 6.0, tags=["_STATISTICS_WRITING_APP=mkvmerge"])
    whole = path.read_bytes()
    assert b"00:00:03." in whole
    path.write_bytes(whole.replace(b"00:00:03.", b"00:00:02."))
    assert probed(path).duration_s == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("tag", [b"DURATION", b"DURATIOX"])
@pytest.mark.parametrize("suffix", ["mkv", "flv"])
def test_a_cut_off_recording_with_sound_keeps_what_its_header_promised(tmp_path: Path, suffix: str, tag: bytes) -> None:
    clip = make_clip(tmp_path / f"clip.{suffix}", textured=True)
    path = cut_off(add_sound(tmp_path / f"sound.{suffix}", clip, 2.0), 0.6)
    path.write_bytes(path.read_bytes().replace(b"DURATION", tag))
    assert index_packets(str(path)).end_s < 1.5
    assert probed(path).duration_s == pytest.approx(2.0, abs=0.05)


def test_a_colon_in_the_name_is_no_protocol(tmp_path: Path) -> None:
    assert probed(make_clip(tmp_path / "a.mp4").rename(tmp_path / "http:%d -x.mp4")).codec == "h264"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.mp4", b"", "is empty"),
        ("notes.mp4", b"not a video at all " * 99, "is not a video that FFmpeg can read"),
        ("zeros.mkv", bytes(99_999), "is not a video that FFmpeg can read"),
    ],
)
def test_files_that_are_no_videos(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotAVideo, match=rf"{name} {sentence}"):
        probed(tmp_path / name)


def test_a_list_of_other_files_has_none_of_them_read(tmp_path: Path) -> None:
    make_clip(tmp_path / "other.ts")
    listing = tmp_path / "list.mp4"
    listing.write_text("ffconcat version 1.0\nfile 'other.ts'\n")
    with pytest.raises(NotAVideo, match="in none of the containers that are read"):
        probed(listing)


def test_an_mp4_that_lost_its_index(tmp_path: Path) -> None:
    with pytest.raises(NotAVideo, match=r"cut\.mp4 was cut off before its index was written"):
        probed(cut_off(make_clip(tmp_path / "cut.mp4"), 0.6))


def test_sound_alone(tmp_path: Path) -> None:
    with pytest.raises(NotAVideo, match=r"sound\.m4a holds no moving pictures"):
        probed(make_sound(tmp_path / "sound.m4a"))


def test_a_folder_or_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path, tmp_path / "pipe.mp4"):
        with pytest.raises(NotAVideo, match="is not a file"):
            probed(path)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(VideoVanished, match=r"gone\.mp4 is gone"):
        probed(tmp_path / "gone.mp4")


def test_a_file_that_is_out_of_reach(tmp_path: Path) -> None:
    """As on a share whose server does not answer, the system can't even say whether it is there."""
    path = tmp_path / "loop.mp4"
    path.symlink_to(path)
    with pytest.raises(VideoUnreachable, match=r"loop\.mp4 can't be reached: Too many levels of symbolic links; check"):
        probed(path)


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "secret.mp4")
    path.chmod(0)
    with _not_as_root(), pytest.raises(VideoForbidden, match=r"secret\.mp4 may not be read"):
        probed(path)


@contextmanager
def _not_as_root() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
