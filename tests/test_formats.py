"""Every kind of file that recorders and people leave behind: the right events, or the reason why not."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext

from tests.conftest import MadeOnce
from tests.test_exactness import sampled
from vtrack_ray.errors import NotAVideo
from vtrack_ray.footage.clock import read_clock
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.span import Coverage, Span, Stretch, covered_s, joined
from vtrack_ray.meaning.video import Video
from vtrack_ray.pipeline.reasons import unreadable
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.render.truth import TrueEvent, read_truth
from vtrack_ray.sampling.survey import survey
from vtrack_ray.sources.local import scan

RATE = Fraction(10)
GOP = 20
DURATION_S = 24.0
IDLE_S = 12.0
"""A keyframe between the two events."""
PACKED_S = 16.0
"""A keyframe within the second event."""

CHEAP = "-c:v libx264 -preset ultrafast -crf 23 -g 20"
PARAMETERS = "keyint=20:min-keyint=20:scenecut=0"
H264 = f"-c:v libx264 -preset veryfast -crf 22 -x264-params {PARAMETERS}"
HEVC = f"-c:v libx265 -preset superfast -x265-params log-level=error:{PARAMETERS}:bframes=3:b-adapt=0"
INTERLACED = "-flags +ildct+ilme"

AtTime = Callable[[float], float]


@dataclass(frozen=True)
class Source:
    """The same pictures four times: as rendered, and with a keyframe every 2 s, without and with B-frames."""

    rendered: Path
    plain: Path
    reordered: Path
    events: tuple[TrueEvent, ...]


@pytest.fixture(scope="module")
def source(made_once: MadeOnce) -> Source:
    order = Order(
        seed=3,
        packing=Packing(events=2, event_s=(6, 7), idle_s=(4, 5), before_s=3, after_s=4),
        look=Look(width_px=480, height_px=270, label_module_px=2.8),
        recording=Recording(frame_rate=float(RATE), crf=18, preset="superfast"),
    )

    def make(folder: Path) -> None:
        render(order, folder)
        [rendered] = (folder / "cam1").iterdir()
        ffmpeg(rendered, folder / "plain.mp4", f"{H264}:bframes=0")
        ffmpeg(rendered, folder / "reordered.mp4", f"{H264}:bframes=2:b-adapt=0")

    folder = made_once("source", make)
    [rendered] = (folder / "cam1").iterdir()
    source = Source(rendered, folder / "plain.mp4", folder / "reordered.mp4", read_truth(folder).events)
    first, second = source.events
    assert first.end_s < IDLE_S < second.start_s < PACKED_S < second.end_s < DURATION_S
    assert probed_duration_s(source.plain) == DURATION_S
    return source


def probed_duration_s(path: Path) -> float:
    return probe(scan([path]).files[0], ZoneInfo("UTC")).duration_s


def ffmpeg(source: Path, target: Path, arguments: str, *, before: str = "") -> Path:
    command = ["ffmpeg", "-v", "error", *before.split(), "-i", str(source), *arguments.split(), str(target)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return target


def unchanged(time_s: float) -> float:
    return time_s


def later(by_s: float, since_s: float) -> AtTime:
    return lambda time_s: time_s + by_s * (time_s >= since_s - 1e-6)


def assert_right(path: Path, events: tuple[TrueEvent, ...], at: AtTime = unchanged) -> tuple[str | None, list[Stretch]]:
    """Asserts that the file's events are the true ones, each true time moved by `at`, however it is cut into spans, and
    that its coverage adds up; gives the reason that a person is told, and what could not be read."""
    [file] = scan([path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    area = survey(video, "TimeGo")
    assert area is not None
    profile = Profile(camera_name=video.camera_name, qr_trigger_area=area)
    for span_s in (7.0, 300.0):
        take, found = sampled(video, profile, span_s, is_exhaustive=False)
        assert [event.tracking_codes for event in found] == [event.tracking_codes for event in events]
        for one, true in zip(found, events, strict=True):
            assert one.start_s == pytest.approx(at(true.start_s), abs=0.5)
            assert one.end_s == pytest.approx(at(true.end_s), abs=0.5)
        coverage = [stretch for log in take.logs for stretch in log.coverage]
        assert sum(covered_s(coverage, kind) for kind in Coverage) == pytest.approx(video.duration_s)
    return unreadable(video, take.logs), [s for s in joined(coverage) if s.coverage is Coverage.UNREADABLE]


COPIES = {
    "index at the end": ("mp4", ""),
    "index at the front": ("mp4", "-movflags +faststart"),
    "fragmented": ("mp4", "-movflags +empty_moov+frag_keyframe+default_base_moof"),
    "fragmented with a first index": ("mp4", "-movflags +frag_keyframe"),
    "mov": ("mov", ""),
    "3gp": ("3gp", ""),
    "mkv": ("mkv", ""),
    "flv": ("flv", ""),
    "ts": ("ts", ""),
    "m2ts": ("m2ts", ""),
    "ts that starts late": ("ts", "-output_ts_offset 50000"),
    "mkv that starts late": ("mkv", "-output_ts_offset 3000"),
    "mp4 that starts late": ("mp4", "-output_ts_offset 3000"),
    "flv that starts late": ("flv", "-output_ts_offset 3000"),
    "rotated": ("mp4", "-metadata:s:v rotate=90"),
}


@pytest.mark.parametrize("kind", COPIES)
def test_containers(kind: str, source: Source, tmp_path: Path) -> None:
    suffix, arguments = COPIES[kind]
    for stream in (source.plain, source.reordered):
        path = ffmpeg(stream, tmp_path / f"{stream.stem}.{suffix}", f"-c copy {arguments}")
        assert probed_duration_s(path) == pytest.approx(DURATION_S, abs=0.35)
        assert assert_right(path, source.events) == (None, [])


ENCODINGS = {
    "open gops in mp4": ("mp4", f"{H264}:open-gop=1:bframes=3:b-adapt=0"),
    "open gops in mkv": ("mkv", f"{H264}:open-gop=1:bframes=3:b-adapt=0"),
    "open gops in ts": ("ts", f"{H264}:open-gop=1:bframes=3:b-adapt=0"),
    "hevc with cra pictures in mp4": ("mp4", f"{HEVC}:open-gop=1"),
    "hevc with cra pictures in ts": ("ts", f"{HEVC}:open-gop=1"),
    "hevc of ten bits": ("mp4", f"{HEVC} -pix_fmt yuv420p10le"),
    "vp9 in webm": ("webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -g 20"),
    "mpeg-1 in ps": ("mpg", "-c:v mpeg1video -q:v 3 -g 12 -bf 2 -r 25"),
    "mpeg-2 in ps": ("mpg", "-c:v mpeg2video -q:v 3 -g 12 -bf 2 -r 25 -f vob"),
    "mpeg-2 in ts": ("ts", "-c:v mpeg2video -q:v 3 -g 12 -bf 2"),
    "mpeg-2 interlaced": ("mpg", f"-c:v mpeg2video -q:v 3 -g 12 -bf 2 -r 25 {INTERLACED} -f vob"),
    "h264 interlaced in ts": ("ts", f"-vf pad=480:272 {H264}:bframes=2 {INTERLACED}"),
    "h264 interlaced in mp4": ("mp4", f"-vf pad=480:272 {H264}:bframes=2 {INTERLACED}"),
    "wmv2 in asf": ("wmv", "-c:v wmv2 -q:v 3 -g 20"),
    "mpeg-4 part 2 in avi": ("avi", "-c:v mpeg4 -q:v 3 -g 20 -bf 0"),
    "mpeg-4 part 2 in avi, reordered": ("avi", "-c:v mpeg4 -q:v 3 -g 20 -bf 2"),
    "h264 in avi, reordered": ("avi", f"{H264}:bframes=2"),
    "mjpeg in avi": ("avi", "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p"),
    "mjpeg in mov": ("mov", "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p"),
    "prores": ("mov", "-c:v prores_ks -profile:v 0"),
    "h264 in asf": ("asf", f"{H264}:bframes=0"),
    "shades of grey": ("mkv", f"{CHEAP} -pix_fmt gray"),
    "variable frame rate": ("mkv", rf"-vf select=not(mod(n\,3))+between(n\,30\,70) -vsync vfr {CHEAP}"),
}


@pytest.mark.parametrize("kind", ENCODINGS)
def test_encodings(kind: str, source: Source, tmp_path: Path) -> None:
    suffix, arguments = ENCODINGS[kind]
    assert assert_right(ffmpeg(source.rendered, tmp_path / f"v.{suffix}", arguments), source.events) == (None, [])


def test_an_index_lies_where_it_is_said_to(source: Source, tmp_path: Path) -> None:
    """What the two kinds of MP4 above differ in."""
    for arguments, is_first in (("", False), ("-movflags +faststart", True)):
        data = ffmpeg(source.plain, tmp_path / f"{is_first}.mp4", f"-c copy {arguments}").read_bytes()
        assert (data.index(b"moov") < data.index(b"mdat")) is is_first


def test_a_counter_that_runs_over_is_no_jump(source: Source, tmp_path: Path) -> None:
    path = ffmpeg(source.reordered, tmp_path / "v.ts", "-c copy -output_ts_offset 95433.7")
    assert [jump.is_overrun for jump in read_clock(str(path)).jumps] == [True]
    assert assert_right(path, source.events) == (None, [])


@pytest.mark.parametrize("suffix", ["mov", "mp4"])
def test_an_edit_list_hides_the_pictures_before_it(suffix: str, source: Source, tmp_path: Path) -> None:
    path = ffmpeg(source.reordered, tmp_path / f"cut.{suffix}", "-c copy", before="-ss 1.5")
    with av.open(str(path)) as container:
        assert any(packet.is_discard for packet in container.demux(video=0))
    assert assert_right(path, source.events, lambda time_s: time_s - 1.5) == (None, [])


def test_of_two_video_streams_the_larger_one_counts(source: Source, tmp_path: Path) -> None:
    both = f"-i {source.plain} -map 0:v -map 1:v -c:v:1 copy -c:v:0 libx264 -preset ultrafast"
    pattern = Path("testsrc=s=320x180:r=10:d=24")
    for suffix, marks in (("ts", ""), ("mp4", "-disposition:v:0 default -disposition:v:1 default")):
        path = ffmpeg(pattern, tmp_path / f"two.{suffix}", f"{both} {marks}", before="-f lavfi")
        assert assert_right(path, source.events) == (None, [])


@pytest.mark.parametrize("suffix", ["mka", "mp4", "ts"])
def test_sound_alone_is_refused(suffix: str, tmp_path: Path) -> None:
    path = ffmpeg(Path("sine=d=1"), tmp_path / f"sound.{suffix}", "", before="-f lavfi")
    with pytest.raises(NotAVideo, match="holds no moving pictures"):
        probe(scan([path]).files[0], ZoneInfo("UTC"))


def retimed(source: Path, target: Path, at: AtTime, keep: Callable[[float, bool], bool] = lambda *_: True) -> Path:
    """The packets as they are, their times moved by `at`, without those that `keep` (time, is keyframe) refuses."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.pts is None or packet.dts is None or packet.time_base is None:
                continue
            time_s = float(packet.pts * packet.time_base)
            if keep(time_s, packet.is_keyframe):
                moved = round((at(time_s) - time_s) / packet.time_base)
                packet.pts, packet.dts = packet.pts + moved, packet.dts + moved
                packet.stream = stream
                new.mux_one(packet)
    return target


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4", "flv"])
def test_times_that_leap_leave_a_hole_and_what_lies_behind_is_found(
    suffix: str, source: Source, tmp_path: Path
) -> None:
    for stream in (source.plain, source.reordered):
        leap = later(30.0, since_s=IDLE_S)
        reason, lost = assert_right(retimed(stream, tmp_path / f"{stream.stem}.{suffix}", leap), source.events, leap)
        assert reason == "30.0 s could not be read (12.0 to 42.0 s): the file holds no pictures of this time"
        assert [stretch.span for stretch in lost] == [pytest.approx(Span(12.0, 42.0), abs=0.1)]


def test_an_event_goes_on_behind_a_leap_shorter_than_the_continuation_gap(source: Source, tmp_path: Path) -> None:
    leap = later(5.0, since_s=PACKED_S)
    reason, _ = assert_right(retimed(source.plain, tmp_path / "leap.mkv", leap), source.events, leap)
    assert reason is not None
    assert reason.startswith("5.0 s could not be read (16.0 to 21.0 s)")


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4", "flv"])
def test_times_that_jitter(suffix: str, source: Source, tmp_path: Path) -> None:
    shaken = np.random.default_rng(1).uniform(-0.03, 0.03, round(DURATION_S * RATE))
    path = retimed(source.plain, tmp_path / f"v.{suffix}", lambda t: max(0.0, t + shaken[round(t * RATE)]))
    assert assert_right(path, source.events) == (None, [])


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4", "flv"])
def test_dropped_keyframes(suffix: str, source: Source, tmp_path: Path) -> None:
    for stream in (source.plain, source.reordered):
        path = retimed(
            stream,
            tmp_path / f"{stream.stem}.{suffix}",
            unchanged,
            lambda time_s, is_keyframe: not is_keyframe or round(time_s) not in (4, 10, 12, 18),
        )
        assert assert_right(path, source.events) == (None, [])


def joined_streams(source: Source, folder: Path, suffix: str, starts_s: tuple[float, float], arguments: str) -> Path:
    """Both halves of the footage one behind the other, the times of each from its own start on."""
    halves = [
        ffmpeg(
            source.plain, folder / f"1.{suffix}", f"-t {IDLE_S} -c copy -output_ts_offset {starts_s[0]} {arguments}"
        ),
        ffmpeg(
            source.plain,
            folder / f"2.{suffix}",
            f"-c copy -output_ts_offset {starts_s[1]} {arguments}",
            before=f"-ss {IDLE_S}",
        ),
    ]
    target = folder / f"joined.{suffix}"
    target.write_bytes(b"".join(half.read_bytes() for half in halves))
    return target


@pytest.mark.parametrize("second_s", [0.0, 1007.0, 1000.0])
@pytest.mark.parametrize("kind", ["ts", "mpg"])
def test_recordings_joined_to_one_stream_count_on(kind: str, second_s: float, source: Source, tmp_path: Path) -> None:
    arguments = "-bsf:v h264_mp4toannexb -f vob" if kind == "mpg" else ""
    path = joined_streams(source, tmp_path, kind, (1000.0, second_s), arguments)
    reason, lost = assert_right(path, source.events)
    # A transport stream's packets are numbered: where the second half begins, the picture before may lack some.
    assert [stretch.span for stretch in lost] == ([Span(IDLE_S - 0.2, IDLE_S - 0.1)] if kind == "ts" else [])
    assert reason is not None
    assert reason.startswith("timestamps jump back at 1")


@pytest.mark.parametrize("by_s", [-5.0, -11.5])
def test_an_flv_whose_clock_goes_back_counts_on(by_s: float, source: Source, tmp_path: Path) -> None:
    for stream in (source.plain, source.reordered):
        path = ffmpeg(stream, tmp_path / f"{stream.stem}.flv", "-c copy")
        write_flv_times(path, later(by_s, since_s=IDLE_S))
        reason, lost = assert_right(path, source.events)
        assert lost == []
        assert reason is not None
        assert reason.startswith("timestamps jump back at 1")


def write_flv_times(path: Path, at: AtTime) -> None:
    """Moves the video tags' timestamps: 24 bits of milliseconds, then the 8 above them."""
    data = bytearray(path.read_bytes())
    tag = 13
    while tag < len(data):
        size = int.from_bytes(data[tag + 1 : tag + 4], "big")
        if data[tag] == 9:
            time_ms = int.from_bytes(data[tag + 4 : tag + 7], "big") | data[tag + 7] << 24
            moved = round(at(time_ms / 1000) * 1000).to_bytes(4, "big")
            data[tag + 4 : tag + 8] = moved[1:] + moved[:1]
        tag += 11 + size + 4
    path.write_bytes(data)


def write_program_stream(source: Path, target: Path, at: AtTime, is_timed: Callable[[int], bool]) -> Path:
    """H.264 as recorders' firmware writes it: a pack for each picture, a map for each keyframe, no decoding times.

    Only pictures whose numbers `is_timed` says yes to carry their time.
    """
    with av.open(str(source)) as container:
        to_stream = BitStreamFilterContext("h264_mp4toannexb", container.streams.video[0])
        packets = [p for packet in container.demux(video=0) for p in to_stream.filter(packet if packet.size else None)]
    out = bytearray()
    for number, packet in enumerate(packets):
        assert packet.pts is not None
        assert packet.time_base is not None
        ticks = round(at(float(packet.pts * packet.time_base)) * 90_000)
        out += _pack_header(ticks)
        if packet.is_keyframe:
            out += bytes.fromhex("000001bc 000e e1ff 0000 0004 1be00000 00000000")
        data = bytes(packet)
        for start in range(0, len(data), 60_000):
            time = _pes_time(ticks) if start == 0 and is_timed(number) else b""
            header = bytes([0x80, 0x80 if time else 0, len(time)]) + time
            part = data[start : start + 60_000]
            out += b"\0\0\1\xe0" + (len(header) + len(part)).to_bytes(2, "big") + header + part
    target.write_bytes(out)
    return target


def _pack_header(ticks: int) -> bytes:
    """ISO/IEC 13818-1, 2.5.3.3."""
    bits = (
        f"01{ticks >> 30 & 7:03b}1{ticks >> 15 & 0x7FFF:015b}1{ticks & 0x7FFF:015b}1{0:09b}1{25_000:022b}11{0xF8:08b}"
    )
    return b"\0\0\1\xba" + int(bits, 2).to_bytes(10, "big")


def _pes_time(ticks: int) -> bytes:
    """ISO/IEC 13818-1, 2.4.3.6."""
    bits = f"0010{ticks >> 30 & 7:03b}1{ticks >> 15 & 0x7FFF:015b}1{ticks & 0x7FFF:015b}1"
    return int(bits, 2).to_bytes(5, "big")


TIMED: dict[str, Callable[[int], bool]] = {
    "every picture": lambda number: number >= 0,
    "every third": lambda number: number % 3 == 0,
    "keyframes": lambda number: number % GOP == 0,
}


@pytest.mark.parametrize("timed", TIMED)
def test_program_streams_of_recorders(timed: str, source: Source, tmp_path: Path) -> None:
    path = write_program_stream(source.plain, tmp_path / "v.mpg", unchanged, TIMED[timed])
    assert assert_right(path, source.events) == (None, [])


@pytest.mark.parametrize("timed", TIMED)
def test_a_program_stream_whose_clock_is_set_back_counts_on(timed: str, source: Source, tmp_path: Path) -> None:
    path = write_program_stream(source.plain, tmp_path / "v.mpg", later(-5.0, since_s=PACKED_S), TIMED[timed])
    reason, lost = assert_right(path, source.events)
    assert lost == []
    first_timed = next(number for number in count(round(PACKED_S * RATE)) if TIMED[timed](number))
    assert reason == f"timestamps jump back at {float(first_timed / RATE):.1f} s; times are counted on from there"


@pytest.mark.parametrize("by_s", [-3.0, 1000.0])
def test_a_single_wild_timestamp_moves_nothing(by_s: float, source: Source, tmp_path: Path) -> None:
    path = write_program_stream(
        source.plain, tmp_path / "v.mpg", lambda t: t + by_s * (abs(t - 14.96) < 1e-3), TIMED["every picture"]
    )
    assert assert_right(path, source.events) == (None, [])
    path = ffmpeg(source.plain, tmp_path / "v.flv", "-c copy")
    write_flv_times(path, lambda t: t + by_s * (abs(t - 14.96) < 2e-3))
    assert assert_right(path, source.events) == (None, [])


def test_pictures_of_another_size_in_the_midst_are_named_and_those_behind_them_found(
    source: Source, tmp_path: Path
) -> None:
    parts = [
        ffmpeg(source.plain, tmp_path / "1.ts", "-t 10 -c copy"),
        ffmpeg(
            source.plain, tmp_path / "2.ts", f"-t 2 -vf scale=320:180 {CHEAP} -output_ts_offset 10", before="-ss 10"
        ),
        ffmpeg(source.plain, tmp_path / "3.ts", "-c copy -output_ts_offset 12", before="-ss 12"),
    ]
    path = tmp_path / "sizes.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    reason, lost = assert_right(path, source.events)
    assert reason is not None
    assert reason.endswith("pictures of 320x180 pixels in a video of 480x270")
    assert sum(stretch.span.duration_s for stretch in lost) == pytest.approx(2.0, abs=0.2)


def test_h264_in_a_program_stream_by_ffmpeg(source: Source, tmp_path: Path) -> None:
    """It times a third of the packets, and with B-frames one of them wrongly."""
    arguments = "-c copy -bsf:v h264_mp4toannexb -f vob"
    assert assert_right(ffmpeg(source.plain, tmp_path / "plain.mpg", arguments), source.events) == (None, [])
    reason, lost = assert_right(ffmpeg(source.reordered, tmp_path / "reordered.mpg", arguments), source.events)
    assert sum(stretch.span.duration_s for stretch in lost) < 0.2
    assert (reason is None) == (not lost)


@pytest.mark.parametrize("at_s", [7.0, 13.0])
@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4", "avi", "mpg"])
def test_damage_costs_what_it_hits_and_no_more(suffix: str, at_s: float, source: Source, tmp_path: Path) -> None:
    arguments = "-bsf:v h264_mp4toannexb -f vob" if suffix == "mpg" else ""
    streams = [source.plain] if suffix == "mpg" else [source.plain, source.reordered]
    for stream in streams:
        path = ffmpeg(stream, tmp_path / f"{stream.stem}.{suffix}", f"-c copy {arguments}")
        damage(path, at_s)
        _, lost = assert_right(path, source.events)
        assert all(at_s - 1 < s.span.start_s < s.span.end_s < at_s + 1.1 and s.reason for s in lost)
        # In the midst of an event few pictures are looked at, and a transport stream skips damage without a word.
        assert lost or at_s != 13.0 or suffix == "ts"


def test_an_flv_is_read_up_to_damage_and_the_rest_is_named(source: Source, tmp_path: Path) -> None:
    path = ffmpeg(source.plain, tmp_path / "v.flv", "-c copy")
    damage(path, 11.1)  # and the picture before it never comes
    reason, _ = assert_right(path, source.events[:1])
    assert reason == "13.0 s could not be read (11.0 to 24.0 s): no picture could be decoded here"


def damage(path: Path, time_s: float) -> None:
    """Makes five pictures unreadable, from that time on."""
    with av.open(str(path)) as container:
        positions = [packet.pos for packet in container.demux(video=0)]
    number = round(time_s * RATE)
    first, last = (next(p for p in positions[n:] if p is not None) for n in (number, number + 5))
    data = bytearray(path.read_bytes())
    data[first:last] = np.random.default_rng(1).bytes(last - first)
    path.write_bytes(data)
