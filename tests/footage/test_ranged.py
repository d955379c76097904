"""Ranged files: what is read of a file elsewhere, what is kept, and what becomes of wrong answers."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.footage.clips import add_sound, make_clip
from tests.footage.remotes import Far
from vtrack_ray.errors import NotAVideo, VideoError, VideoForbidden, VideoUnreachable, VideoVanished
from vtrack_ray.footage.blocks import BLOCK, Cache
from vtrack_ray.footage.clip import Part, cut
from vtrack_ray.footage.clock import read_clock
from vtrack_ray.footage.origin import cache_folder, open_bytes, open_remote, reading_by
from vtrack_ray.footage.packets import index_packets
from vtrack_ray.footage.pictures import open_pictures
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import FoundFile, Header
from vtrack_ray.settings import Settings

_chance = np.random.default_rng(1)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def far() -> Far:
    return Far()


def noise(path: Path, size_bytes: int) -> Path:
    path.write_bytes(_chance.bytes(size_bytes))
    return path


def header(path: str) -> Header:
    return probe(FoundFile(source="/", path=path, camera_name="c", size_bytes=1, modified_ns=1), ZoneInfo("UTC"))


def test_every_range_reads_as_in_the_file_itself_and_is_fetched_once(far: Far, tmp_path: Path) -> None:
    path = noise(tmp_path / "noise", 40 * BLOCK + 77)
    known = path.read_bytes()
    with open_bytes(far.address(path)) as file:
        for _ in range(200):
            at, length = int(_chance.integers(len(known) + 10)), int(_chance.integers(3 * BLOCK))
            file.seek(at)
            assert file.read(length) == known[at : at + length]
    assert far.bytes_fetched == len(known)
    with open_bytes(far.address(path)) as file:
        assert file.read() == known
    assert far.bytes_fetched == len(known)


def test_a_jump_fetches_little_and_reading_on_fetches_ever_more(far: Far, tmp_path: Path) -> None:
    path = noise(tmp_path / "noise", 4000 * BLOCK)
    with open_remote(far.address(path)) as file:
        for number in (3000, 1000, 2000):
            file.seek(number * BLOCK)
            file.read(10)
        assert {length for _, length in far.fetched} == {64 * 1024}
        far.fetched.clear()
        file.seek(0)
        while file.tell() < 500 * BLOCK:
            file.read(BLOCK)
    assert far.fetched[0][1] < far.fetched[-1][1]
    assert len(far.fetched) < 10


def test_what_is_expected_is_fetched_and_no_more(far: Far, tmp_path: Path) -> None:
    with open_remote(far.address(noise(tmp_path / "noise", 400 * BLOCK))) as file:
        file.expect(110 * BLOCK + 1)
        file.seek(103 * BLOCK)
        file.read(10)
    assert far.fetched == [(103 * BLOCK, 8 * BLOCK)]


def test_a_file_that_is_read_to_and_fro_is_fetched_whole_and_compared_with_its_md5(far: Far, tmp_path: Path) -> None:
    path = noise(tmp_path / "noise", 100 * BLOCK)

    def read_to_and_fro() -> None:
        with open_remote(far.address(path)) as file:
            for number in range(0, 100, 5):
                file.seek(number * BLOCK)
                file.read(1)

    far.spoil = lambda offset, data: data[:-1] + b"?" if offset else data
    with pytest.raises(VideoUnreachable, match="other content than it has by its MD5"):
        read_to_and_fro()
    far.spoil = lambda _offset, data: data
    far.fetched.clear()
    read_to_and_fro()
    assert far.bytes_fetched == path.stat().st_size
    read_to_and_fro()
    assert far.bytes_fetched == path.stat().st_size


@pytest.mark.parametrize("spoil", [lambda data: data[:-5], lambda data: data[:0], lambda data: data + b"more"])
def test_an_answer_of_another_length_is_asked_for_again_and_never_the_end(
    far: Far, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    path = noise(tmp_path / "noise", 20 * BLOCK)
    answers = iter([spoil])
    far.spoil = lambda _offset, data: next(answers, lambda data: data)(data)
    with open_bytes(far.address(path)) as file:
        assert file.read() == path.read_bytes()
    path.touch()
    far.spoil = lambda _offset, data: spoil(data)
    with open_bytes(far.address(path)) as file, pytest.raises(VideoUnreachable, match="again and again"):
        file.read()


def test_blocks_that_were_damaged_on_the_disk_or_half_written_are_fetched_again(far: Far, tmp_path: Path) -> None:
    far.has_md5 = False
    path = noise(tmp_path / "noise", 20 * BLOCK)
    with open_bytes(far.address(path)) as file:
        file.read()
    [kept] = cache_folder().iterdir()
    with kept.open("r+b") as damaged:
        damaged.seek(5 * BLOCK)
        damaged.write(bytes(10))
        damaged.seek(20 * BLOCK + 8 * 9 + 4)  # its mark's checksum
        damaged.write(bytes(4))
    far.fetched.clear()
    with open_bytes(far.address(path)) as file:
        assert file.read() == path.read_bytes()
    assert far.fetched == [(5 * BLOCK, BLOCK), (9 * BLOCK, BLOCK)]
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_cache_keeps_to_its_size_and_to_its_days(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", 100 * BLOCK, days=7)
    for name in "abc":
        blocks = cache.blocks(name, 60 * BLOCK)
        for number in range(40):
            blocks.put(number, bytes([number]) * BLOCK)
        cache.wrote(blocks, 40 * BLOCK)
        os.utime(blocks.path, (1e9 + ord(name), 1e9 + ord(name))) if name == "a" else None
        blocks.close()
    again = cache.blocks("b", 60 * BLOCK)
    assert again.present() == 40
    assert cache.blocks("a", 60 * BLOCK).present() == 0
    os.utime(again.path, (1e9, 1e9))
    cache.blocks("c", 60 * BLOCK)
    assert not again.path.exists()
    # A file that alone is too large for it is forgotten again and again.
    large = cache.blocks("large", 300 * BLOCK)
    for number in range(300):
        large.put(number, bytes([number % 256]) * BLOCK)
        cache.wrote(large, BLOCK)
    assert large.present() < 130


def test_a_cache_that_can_not_be_written_is_told(far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "no folder").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no folder"))
    with pytest.raises(VideoUnreachable, match="CACHE_MB"):
        open_remote(far.address(noise(tmp_path / "noise", 10)))


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi", "ts"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_video_elsewhere_is_what_it_is_here(far: Far, tmp_path: Path, suffix: str, b_frames: int) -> None:
    path = str(make_clip(tmp_path / f"20261101_080000.{suffix}", pictures=60, b_frames=b_frames, first=3))
    address = far.address(Path(path))
    assert header(address) == header(path)
    here, there = index_packets(path), index_packets(address)
    assert [there.times_s.tolist(), there.keyframe.tolist(), there.size_bytes.tolist(), there.end_s, there.notes] == [
        here.times_s.tolist(), here.keyframe.tolist(), here.size_bytes.tolist(), here.end_s, here.notes,
    ]  # fmt: skip
    with open_pictures(path) as near, open_pictures(address) as other:
        for span in (Span(0, 9), Span(1.1, 2.3)):
            for one, two in zip(near.keyframes(span), other.keyframes(span), strict=True):
                assert (one.time_s, one.luma().tobytes()) == (two.time_s, two.luma().tobytes())
            for one, two in zip(near.all(span), other.all(span), strict=True):
                assert (one.time_s, one.luma().tobytes()) == (two.time_s, two.luma().tobytes())
        assert near.faults == other.faults


def test_the_header_is_read_alike_with_sound_and_tags(far: Far, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", tags={"creation_time": "2026-11-01T01:00:00Z"})
    for suffix in ("mp4", "mkv", "avi"):
        path = add_sound(tmp_path / f"sound.{suffix}", clip, 5.0)
        assert header(far.address(path)) == header(str(path))
    assert header(far.address(clip)) == header(str(clip))


def test_an_index_is_made_of_the_header_alone(far: Far, tmp_path: Path) -> None:
    far.has_md5 = False
    path = make_clip(tmp_path / "clip.mp4", pictures=300, textured=True)
    index = index_packets(far.address(path))
    assert len(index.times_s) == 300
    assert far.bytes_fetched < 0.2 * path.stat().st_size


@pytest.mark.parametrize(
    ("suffix", "error"),
    [
        ("mp4", VideoUnreachable("away")),
        ("mkv", VideoForbidden("no")),
        ("ts", VideoVanished("gone")),
    ],
)
def test_what_can_not_be_fetched_is_no_end_of_the_video(
    far: Far, tmp_path: Path, suffix: str, error: VideoError
) -> None:
    path = make_clip(tmp_path / f"clip.{suffix}", pictures=150, textured=True)
    size = path.stat().st_size

    def spoil(offset: int, data: bytes) -> bytes:
        if offset <= 0.7 * size < offset + len(data):
            raise error
        return data

    far.spoil = spoil
    with pytest.raises(type(error), match=str(error)), open_pictures(far.address(path)) as pictures:
        pictures.index(Span(0, 99)), list(pictures.all(Span(0, 99)))
    far.spoil = lambda _offset, data: data
    with open_pictures(far.address(path)) as pictures:
        assert len(list(pictures.all(Span(0, 99)))) == 150


def test_a_clock_is_read_anew_when_the_file_elsewhere_has_changed(far: Far, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.ts", pictures=50)
    before = read_clock(far.address(path))
    assert read_clock(far.address(path)) is before
    make_clip(path, pictures=70)
    assert len(read_clock(far.address(path)).ticks) == 70


def test_files_elsewhere_that_are_no_videos_are_told_as_here(far: Far, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(NotAVideo, match="is empty"):
        header(far.address(tmp_path / "empty.mp4"))
    (tmp_path / "text.mp4").write_text("no video" * 100)
    with pytest.raises(NotAVideo, match="is not a video"):
        header(far.address(tmp_path / "text.mp4"))
    with pytest.raises(VideoVanished):
        header(far.address(tmp_path / "nothing.mp4"))
    with pytest.raises(VideoUnreachable, match="nothing here knows"):
        header("unheard-of://of")


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_a_clip_of_a_video_elsewhere_is_what_it_is_of_one_here(far: Far, tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"clip.{suffix}", pictures=200, b_frames=2, first=3)
    clips = []
    for name, whence in (("here.mp4", str(path)), ("there.mp4", far.address(path))):
        part = Part(path=whence, start_s=3.1, end_s=5.3, codec="h264")
        cut([part, part], tmp_path / name)
        with open_pictures(str(tmp_path / name)) as pictures:
            clips.append([(picture.time_s, picture.luma().tobytes()) for picture in pictures.all(Span(0, 99))])
    assert len(clips[0]) > 100
    assert [grey for _, grey in clips[0]] == [grey for _, grey in clips[1]]


def test_settings_say_how_much_is_kept(far: Far, tmp_path: Path) -> None:
    path = noise(tmp_path / "noise", 20 * BLOCK)
    with reading_by(Settings(CACHE_MB=100, CACHE_DAYS=0)), open_remote(far.address(path)) as file:
        file.read(10)
        file.seek(-10, io.SEEK_END)
        assert file.read() == path.read_bytes()[-10:]
        with pytest.raises(ValueError, match="before its start"):
            file.seek(-1)
