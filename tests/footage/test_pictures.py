"""Pictures: decoded from any container, with the packet index's times, none missing without a fault."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path

import av
import numpy as np
import pytest

from tests.footage.clips import GOP, HEIGHT_PX, RATE, WIDTH_PX, cut_off, grey_of, make_clip
from vtrack_ray.errors import NotAVideo, VideoVanished
from vtrack_ray.footage.packets import index_packets
from vtrack_ray.footage.pictures import Fault, Picture, open_pictures
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.span import Span

WHOLE = Span(0.0, math.inf)
SPANS = [Span(0, 0.5), Span(0.38, 0.42), Span(0.4, 0.8), Span(0.81, 1.61), Span(1.5, 9)]


def level(picture: Picture) -> float:
    return float(picture.luma().mean())


def unaccounted(path: Path) -> tuple[list[float], list[Fault]]:
    """Times of the packet index at which no picture is given and no fault reported; and the faults."""
    with open_pictures(str(path)) as pictures:
        given = {picture.time_s for picture in pictures.all(WHOLE)}
        faults = pictures.faults
    missing = [
        time_s
        for time_s in index_packets(str(path)).times_s
        if time_s not in given and not any(f.span.start_s <= time_s < f.span.end_s for f in faults)
    ]
    return missing, faults


@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "mov", "ts", "flv"])
def test_every_container_gives_each_picture_at_the_index_time(tmp_path: Path, suffix: str, b_frames: int) -> None:
    path = str(make_clip(tmp_path / f"clip.{suffix}", b_frames=b_frames))
    index = index_packets(path)
    with open_pictures(path) as pictures:
        assert (pictures.width_px, pictures.height_px) == (WIDTH_PX, HEIGHT_PX)
        found = [(picture.time_s, level(picture)) for picture in pictures.all(WHOLE)]
        assert [time_s for time_s, _ in found] == index.times_s.tolist() == [n / RATE for n in range(50)]
        assert [grey for _, grey in found] == pytest.approx([grey_of(n) for n in range(50)], abs=3)

        keyframes = [(picture.time_s, level(picture)) for picture in pictures.keyframes(WHOLE)]
        assert keyframes == found[::GOP]
        assert [time_s for time_s, _ in keyframes] == index.times_s[index.keyframe].tolist()

        for span in SPANS:
            inside = [(time_s, grey) for time_s, grey in found if span.start_s <= time_s < span.end_s]
            assert [(picture.time_s, level(picture)) for picture in pictures.all(span)] == inside
            keys = [pair for pair in keyframes if pair in inside]
            assert [(picture.time_s, level(picture)) for picture in pictures.keyframes(span)] == keys
        assert pictures.faults == []


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_late_start_and_irregular_times_are_kept(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"late.{suffix}", first=1234, left_out={3, 17, 18, 19}, b_frames=2)
    with open_pictures(str(path)) as pictures:
        times_s = [picture.time_s for picture in pictures.all(WHOLE)]
    assert times_s == [n / RATE for n in range(50) if n not in {3, 17, 18, 19}]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_open_gops_lose_nothing_at_a_span_edge(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"open.{suffix}", b_frames=3, params="open-gop=1:b-adapt=0")
    with open_pictures(str(path)) as pictures:
        for span in SPANS:
            numbers = [round(picture.time_s * RATE) for picture in pictures.all(span)]
            assert numbers == [n for n in range(50) if span.start_s <= n / RATE < span.end_s]
        assert pictures.faults == []


def test_open_gops_in_avi_are_counted_right_from_anywhere(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "open.avi", pictures=100, codec="mpeg4", b_frames=2)
    with open_pictures(str(path)) as pictures:
        whole = [(picture.time_s, level(picture)) for picture in pictures.all(WHOLE)]
        assert [time_s for time_s, _ in whole] == [n / RATE for n in range(100)]
        for span in [*SPANS, Span(2.3, 3.1), Span(3.5, 9)]:
            inside = [(time_s, grey) for time_s, grey in whole if span.start_s <= time_s < span.end_s]
            assert [(picture.time_s, level(picture)) for picture in pictures.all(span)] == inside
        assert pictures.faults == []


def test_damage_in_avi_moves_nothing_behind_it(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "damaged.avi", pictures=100, codec="mjpeg", pix_fmt="yuvj420p", textured=True)
    with open_pictures(str(path)) as pictures:
        whole = {picture.time_s: level(picture) for picture in pictures.all(WHOLE)}
    with av.open(str(path)) as container:
        positions = [packet.pos for packet in container.demux(video=0) if packet.pos]
    data = bytearray(path.read_bytes())
    data[positions[20] : positions[30]] = bytes(positions[30] - positions[20])
    path.write_bytes(data)
    with open_pictures(str(path)) as pictures:
        greys = {picture.time_s: level(picture) for picture in pictures.all(WHOLE)}
    assert greys.items() <= whole.items()
    assert [n for n in range(100) if n / RATE not in greys] == list(range(20, 31))


def test_luma_is_the_decoders_own_plane_and_colours_come_in_any_size(tmp_path: Path) -> None:
    with open_pictures(str(make_clip(tmp_path / "clip.mp4"))) as pictures:
        picture = next(pictures.all(Span(1, 2)))
        luma = picture.luma()
        assert luma.shape == (HEIGHT_PX, WIDTH_PX)
        assert luma.dtype == np.uint8
        assert not luma.flags.owndata
        assert picture.rgb().shape == (HEIGHT_PX, WIDTH_PX, 3)
        assert picture.rgb(max_width_px=80).shape == (48, 80, 3)
        assert picture.rgb(max_width_px=999).shape == (HEIGHT_PX, WIDTH_PX, 3)
        assert picture.rgb(area=Area(60, 40, 80, 40), max_width_px=40).shape == (20, 40, 3)
        assert picture.rgb(area=Area(150, 90, 80, 40)).shape == (6, 10, 3)


@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv444p", "nv12"])
def test_luma_of_other_pixel_formats(tmp_path: Path, pix_fmt: str) -> None:
    with open_pictures(str(make_clip(tmp_path / "clip.mkv", pix_fmt=pix_fmt))) as pictures:
        levels = [level(picture) for picture in pictures.all(WHOLE)]
    # From ten bits FFmpeg's grey is stretched to the full range, so levels differ by up to 14.
    assert levels == pytest.approx([grey_of(n) for n in range(50)], abs=14.5)


@pytest.mark.parametrize("suffix", ["mkv", "ts", "avi"])
def test_what_is_cut_off_gives_the_pictures_before_the_cut(tmp_path: Path, suffix: str) -> None:
    path = cut_off(make_clip(tmp_path / f"cut.{suffix}", textured=True), 0.6)
    missing, _ = unaccounted(path)
    assert missing == []
    assert 10 <= len(index_packets(str(path)).times_s) < 50


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi"])
@pytest.mark.parametrize("b_frames", [0, 3])
def test_damage_in_the_midst_becomes_a_fault_and_the_rest_goes_on(tmp_path: Path, suffix: str, b_frames: int) -> None:
    path = make_clip(tmp_path / f"damaged.{suffix}", pictures=250, b_frames=b_frames, textured=True)
    data = bytearray(path.read_bytes())
    start = len(data) * 2 // 5
    data[start : start + 2500] = np.random.default_rng(1).bytes(2500)
    path.write_bytes(data)
    missing, faults = unaccounted(path)
    assert missing == []
    assert faults
    assert all(0 < fault.span.duration_s < 5 and fault.reason for fault in faults)
    with open_pictures(str(path)) as pictures:
        assert [round(p.time_s * RATE) for p in pictures.all(Span(9, 10))] == list(range(225, 250))


def test_the_same_pictures_are_left_out_however_often_the_file_was_opened_anew(tmp_path: Path) -> None:
    with open_pictures(str(make_clip(tmp_path / "clip.mp4", pictures=100, b_frames=3, textured=True))) as pictures:
        first = [picture.time_s for picture in pictures.references(Span(0.0, 2.0))]
        again = [picture.time_s for picture in pictures.references(Span(0.0, 2.0))]
        every = [picture.time_s for picture in pictures.all(Span(0.0, 2.0))]
    assert again == first
    assert len(first) < len(every) == 50


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_pictures_that_others_are_made_from_are_as_all_of_them_where_they_are_smoothed(
    tmp_path: Path, codec: str
) -> None:
    path = str(make_clip(tmp_path / "clip.mp4", codec=codec, b_frames=2, textured=True))
    with open_pictures(path) as pictures:
        every = {picture.time_s: picture.luma().copy() for picture in pictures.all(WHOLE)}
        smooth = {picture.time_s: picture.luma().copy() for picture in pictures.references(WHOLE, smooth=True)}
        rough = {picture.time_s: picture.luma().copy() for picture in pictures.references(WHOLE)}
    assert smooth.keys() == rough.keys() < every.keys()
    assert all(np.array_equal(luma, every[time_s]) for time_s, luma in smooth.items())
    assert not any(np.array_equal(luma, every[time_s]) for time_s, luma in rough.items())


def test_a_decoder_that_says_nothing_of_what_it_loses_is_found_out(tmp_path: Path) -> None:
    """Between pictures that no other is made from, which are left out on purpose, lost ones might not be missed."""
    path = make_clip(tmp_path / "zeroed.mp4", pictures=200, b_frames=3, textured=True)
    with av.open(str(path)) as container:
        spoilt = [p for p in container.demux(video=0) if p.pts is not None and 1.5 <= float(p.pts * p.time_base) < 4.5]
    data = bytearray(path.read_bytes())
    for packet in spoilt:
        assert packet.pos is not None
        data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    path.write_bytes(data)
    with open_pictures(str(path)) as pictures:
        given_s = [picture.time_s for picture in pictures.references(WHOLE)]
        lost = [fault.span for fault in pictures.faults]
    assert not any(1.6 < time_s < 4.4 for time_s in given_s)
    assert 1.2 <= min(span.start_s for span in lost) <= 1.6
    assert 4.4 <= max(span.end_s for span in lost) <= 4.8
    assert sum(span.duration_s for span in lost) == pytest.approx(3.1, abs=0.4)


def test_without_its_keyframe_a_group_is_a_fault(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", textured=True)
    with av.open(str(path)) as container:
        at, size_bytes = next((p.pos, p.size) for p in container.demux(video=0) if p.is_keyframe and p.pts)
    assert at is not None
    data = bytearray(path.read_bytes())
    data[at + size_bytes // 4 : at + size_bytes] = b"\xff" * (size_bytes - size_bytes // 4)
    path.write_bytes(data)
    with open_pictures(str(path)) as pictures:
        numbers = [round(picture.time_s * RATE) for picture in pictures.all(WHOLE)]
        assert numbers == [n for n in range(50) if not GOP <= n < 2 * GOP]
        assert [fault.span for fault in pictures.faults] == [Span(0.4, 0.8)]


def test_a_stream_joined_in_its_midst_starts_with_a_fault(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "joined.ts", pictures=100)
    packets = path.read_bytes()
    path.write_bytes(packets[len(packets) // 188 // 3 * 188 :])
    missing, faults = unaccounted(path)
    assert missing == []
    assert [fault.span.start_s for fault in faults] == [0.0]


def move_clusters(path: Path, numbers: Collection[int], by_ms: int) -> None:
    """Moves a Matroska file's clusters in time: each begins with a number that the times of its packets add to."""
    data = bytearray(path.read_bytes())
    at = -1
    for number in range(max(numbers) + 1):
        at = data.index(bytes.fromhex("1f43b675"), at + 1)
        element = data.index(0xE7, at + 5)
        value = slice(element + 2, element + 2 + (data[element + 1] & 0x7F))
        if number in numbers:
            moved_ms = int.from_bytes(data[value], "big") + by_ms
            data[value] = moved_ms.to_bytes(value.stop - value.start, "big")
    path.write_bytes(data)


@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize("by_ms", [32_768, 8_192, -2_048])
def test_a_cluster_with_a_wild_time_loses_and_moves_nothing(tmp_path: Path, by_ms: int, b_frames: int) -> None:
    path = make_clip(tmp_path / "flipped.mkv", pictures=300, b_frames=b_frames, textured=True)
    with open_pictures(str(path)) as pictures:
        levels = [level(picture) for picture in pictures.all(WHOLE)]
    move_clusters(path, {12}, by_ms)
    index = index_packets(str(path))
    assert (index.times_s * RATE).tolist() == pytest.approx(range(300))
    assert (index.jumps, index.holes) == ((), ())
    with open_pictures(str(path)) as pictures:
        pictures.index(WHOLE)
        for first, end in ((0, 300), (117, 121), (123, 128), (127, 145)):
            span = Span(first / RATE - 0.001, end / RATE - 0.001)
            found = [(round(picture.time_s * RATE), level(picture)) for picture in pictures.all(span)]
            assert [number for number, _ in found] == list(range(first, end))
            assert [grey for _, grey in found] == levels[first:end]
            keyframes = [round(picture.time_s * RATE) for picture in pictures.keyframes(span)]
            assert keyframes == [n for n in range(first, end) if n % GOP == 0]
        assert pictures.faults == []


@pytest.mark.parametrize("b_frames", [0, 3])
def test_silences_are_left_as_they_are(tmp_path: Path, b_frames: int) -> None:
    times = [*range(10), *range(60, 70), *range(170, 200), *range(200, 800, 40)]
    path = make_clip(
        tmp_path / "quiet.mkv", pictures=800, b_frames=b_frames, left_out={n for n in range(800) if n not in times}
    )
    assert (index_packets(str(path)).times_s * RATE).tolist() == pytest.approx(times)
    with open_pictures(str(path)) as pictures:
        assert [round(picture.time_s * RATE) for picture in pictures.all(WHOLE)] == times


def test_a_clock_that_was_set_back_is_no_wild_time(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "back.mkv", pictures=600, textured=True)
    move_clusters(path, range(40, 60), -2_000)
    index = index_packets(str(path))
    assert (index.times_s * RATE).tolist() == pytest.approx(range(550))
    assert [jump.is_counted_on for jump in index.jumps] == [False]


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoVanished, match=r"nowhere\.mp4 is gone"), open_pictures(str(tmp_path / "nowhere.mp4")):
        pass
    garbage = tmp_path / "garbage.mp4"
    garbage.write_bytes(bytes(range(256)) * 64)
    with pytest.raises(NotAVideo, match=r"garbage\.mp4 is not a video"), open_pictures(str(garbage)):
        pass


def test_keyframes_are_given_after_other_pictures_were(tmp_path: Path) -> None:
    """The decoders have been told that no more would come."""
    with open_pictures(str(make_clip(tmp_path / "clip.mp4"))) as pictures:
        first = [picture.time_s for picture in pictures.keyframes(WHOLE)]
        some = [picture.time_s for picture in pictures.references(WHOLE)]
        assert [picture.time_s for picture in pictures.keyframes(WHOLE)] == first
        assert [picture.time_s for picture in pictures.references(WHOLE)] == some
        assert first
        assert not pictures.faults
