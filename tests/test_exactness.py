"""The cascade against every picture: the same events and codes, edges within 0.2 s, whatever the footage is like."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import SMALL, THIRD, TINY
from vtrack_ray.events.chain import Take
from vtrack_ray.events.fold import fold, spans_without_code
from vtrack_ray.footage.packets import index_packets
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Trigger
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, covered_s
from vtrack_ray.meaning.video import Video
from vtrack_ray.render.barcode import PAPER, paint_barcode
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.render.timeline import plan
from vtrack_ray.sampling.sampler import sample_span, spans_of
from vtrack_ray.sampling.second_look import second_look
from vtrack_ray.sampling.survey import survey
from vtrack_ray.sources.local import scan
from vtrack_ray.vision.hands import Coloured, HandFinder

LARGE = Look(width_px=1280, height_px=720)
MEDIUM = Look(width_px=960, height_px=540)
"""In smaller pictures, a packet is mostly what it takes to say that nothing has changed, and little counts as still."""
THRIFTY = Recording(frame_rate=12.5)
"""The faster preset of the others spends bytes on what has not changed, and nothing counts as still."""
SHORT = Packing(events=2, event_s=(6, 8), idle_s=(4, 6), before_s=3, after_s=3, passing_hands=1)


@pytest.fixture(autouse=True, scope="module")
def _hands_are_looked_for_once() -> Iterator[None]:
    """In each picture, however often it is sampled: it takes half of the time of tests without a card."""
    found: dict[tuple[bytes, Area | None], bool] = {}
    finds = HandFinder.finds

    def finds_once(self: HandFinder, picture: Coloured, area: Area | None = None) -> bool:
        key = (blake2b(picture.rgb().tobytes()).digest(), area)
        if key not in found:
            found[key] = finds(self, picture, area)
        return found[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HandFinder, "finds", finds_once)
        yield


def sampled(video: Video, profile: Profile, span_s: float, *, is_exhaustive: bool) -> tuple[Take, list[Event]]:
    logs: list[SamplingLog] = [
        sample_span(video, profile, span, is_exhaustive=is_exhaustive) for span in spans_of(video, span_s)
    ]
    logs += [
        second_look(video, profile, span) for span in spans_without_code(Take(video=video, logs=tuple(logs)), profile)
    ]
    take = Take(video=video, logs=tuple(logs))
    return take, fold([take], profile)


def assert_cascade_equals_every_picture(order: Order, folder: Path, span_s: float = 300.0) -> Take:
    truth = render(order, folder)
    [file] = scan([folder]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    area = survey(video, "TimeGo")
    assert area is not None
    profile = Profile(camera_name=video.camera_name, qr_trigger_area=area)
    take, few = sampled(video, profile, span_s, is_exhaustive=False)
    _, every = sampled(video, profile, span_s, is_exhaustive=True)
    assert [(e.status, set(e.tracking_codes)) for e in few] == [(e.status, set(e.tracking_codes)) for e in every]
    for one, other in zip(few, every, strict=True):
        assert (one.start_s, one.end_s) == pytest.approx((other.start_s, other.end_s), abs=0.2)
    for one, true in zip(few, truth.events, strict=True):
        assert one.start_s == pytest.approx(true.start_s, abs=0.5)
        assert one.end_s == pytest.approx(true.end_s, abs=0.5)
    for log in take.logs:
        if log.coverage:
            assert sum(covered_s(log.coverage, kind) for kind in Coverage) == pytest.approx(log.span.duration_s)
    return take


KINDS = {
    "hevc": replace(THIRD, codec="hevc", keyframe_s=4),
    "mjpeg in avi": Recording(codec="mjpeg", container="avi", frame_rate=12),
    "mjpeg in mp4": replace(THIRD, codec="mjpeg"),
    "long distance of keyframes": replace(THIRD, keyframe_s=12),
    "short distance of keyframes": replace(THIRD, keyframe_s=0.5),
    "constant bit rate": replace(THIRD, bitrate_kbps=800),
    "variable frame rate": Recording(variable_frame_rate=True, container="mkv"),
    "few pictures": Recording(frame_rate=5),
    "unchanged pictures left out": replace(THIRD, skip_unchanged=True, container="mkv"),
    "transport stream": replace(THIRD, container="ts"),
}


LOOKS = {
    "a parcel hardly larger than the card": Look(width_px=640, height_px=360, parcel_scale=0.1),
    "a noisy picture": Look(width_px=480, height_px=270, label_module_px=2.8, noise=14),
    "night": Look(width_px=640, height_px=360, brightness=0.25, noise=5, parcel_scale=0.5),
    "light that drifts": Look(width_px=640, height_px=360, light_drift=60, light_period_s=40, parcel_scale=0.5),
    "print, texture, product codes and a screen of noise": Look(width_px=640, height_px=360, clutter=True),
}
"""Where packet sizes lie, or say little."""


@pytest.mark.parametrize("kind", LOOKS)
def test_looks(kind: str, tmp_path: Path) -> None:
    assert_cascade_equals_every_picture(Order(packing=SHORT, look=LOOKS[kind], recording=THIRD), tmp_path)


def test_hands_over_labels(tmp_path: Path) -> None:
    packing = replace(SHORT, hands_over_label=True)
    assert_cascade_equals_every_picture(Order(packing=packing, look=SMALL, recording=THIRD), tmp_path)


def test_no_code_is_invented_where_there_is_no_label(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(6, 8), unlabelled=(1,))
    take = assert_cascade_equals_every_picture(
        Order(packing=packing, look=Look(width_px=640, height_px=360, clutter=True), recording=THIRD), tmp_path
    )
    assert not any(sample.sights for log in take.logs for sample in log.samples)
    assert sum(log.method is Method.SECOND_LOOK for log in take.logs) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_recording(kind: str, tmp_path: Path) -> None:
    assert_cascade_equals_every_picture(Order(packing=SHORT, look=TINY, recording=KINDS[kind]), tmp_path)


def test_packings_closer_together_than_keyframes(tmp_path: Path) -> None:
    packing = Packing(events=5, event_s=(6, 7), idle_s=(2.5, 2.6), label_s=1.2, two_codes=True)
    assert_cascade_equals_every_picture(
        Order(packing=packing, look=TINY, recording=replace(THIRD, keyframe_s=4.5)), tmp_path
    )


def test_packings_closer_together_than_keyframes_in_noise_that_hides_what_moves(tmp_path: Path) -> None:
    packing = Packing(events=2, event_s=(5.5, 6.5), idle_s=(2.8, 3.0), label_s=1.2)
    order = Order(packing=packing, look=replace(SMALL, noise=8), recording=replace(THIRD, keyframe_s=4.5))
    assert_cascade_equals_every_picture(order, tmp_path)


def test_a_hand_that_covers_the_card_at_a_keyframe_is_not_taken_for_the_parcel_that_comes_next(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(5.5, 6.5), before_s=4.2, after_s=3, passing_hands=1)
    look, recording = replace(SMALL, parcel_scale=0.3), replace(THIRD, keyframe_s=60)
    truth = render(Order(seed=2, packing=packing, look=look, recording=recording), tmp_path / "whole")
    [source] = (tmp_path / "whole" / "cam1").iterdir()
    [file] = scan([source]).files
    whole = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name="cam1", qr_trigger_area=survey(whole, "TimeGo"))
    every = sample_span(whole, profile, Span(0.0, whole.duration_s), is_exhaustive=True)
    came_s = truth.events[0].start_s
    hand_s = [s.time_s for s in every.samples if s.trigger is Trigger.OFF and s.time_s < came_s - 0.5]
    assert came_s - hand_s[-1] == pytest.approx(2.4)
    keyframes = f"0,{hand_s[-1]},{came_s},{came_s + 2.2},{came_s + 4.2}"
    target = tmp_path / "cam1.mp4"
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "22", "-g", "999", "-force_key_frames", keyframes]
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *coded, target], check=True)
    [file] = scan([target]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    whole_take, [event] = sampled(video, profile, 300.0, is_exhaustive=False)
    assert event.start_s == pytest.approx(came_s, abs=0.2)
    in_spans, [same] = sampled(video, profile, 1.7, is_exhaustive=False)
    assert same == event
    assert [m for m in in_spans.moments if m.sample.trigger] == [m for m in whole_take.moments if m.sample.trigger]


@pytest.mark.parametrize(
    ("seed", "keyframes_s"),
    [
        pytest.param(10, (-2.0, 0.0, 2.0), id="shortly after it came"),
        pytest.param(18, (-2.0, 0.0, 2.0), id="shortly before it goes"),
        pytest.param(1, (-4.9, 0.0, 4.9), id="midway, all else between keyframes"),
    ],
)
def test_a_parcel_that_is_lifted_off_the_card_at_a_keyframe(
    seed: int, keyframes_s: tuple[float, ...], tmp_path: Path
) -> None:
    packing = Packing(events=1, event_s=(6.5, 6.5), before_s=6, after_s=6, lifted_s=0.4)
    truth = render(
        Order(seed=seed, packing=packing, look=SMALL, recording=replace(THIRD, keyframe_s=60)), tmp_path / "whole"
    )
    [source] = (tmp_path / "whole" / "cam1").iterdir()
    [packed] = plan(Order(seed=seed, packing=packing), 0).packed
    assert packed.lifted
    lifted_s = sum(packed.lifted) / 2
    keyframes = ",".join(str(lifted_s + time_s) for time_s in keyframes_s)
    target = tmp_path / "cam1.mp4"
    coded = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-sc_threshold", "0", "-g", "999"]
    coded += ["-force_key_frames", keyframes]
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *coded, target], check=True)
    [file] = scan([target]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name="cam1", qr_trigger_area=survey(video, "TimeGo"))
    keyframe_s = next(s for s in keyframe_times_s(file.path) if abs(s - lifted_s) < 0.2)
    whole_take, [event] = sampled(video, profile, 300.0, is_exhaustive=False)
    assert next(m for m in whole_take.moments if m.sample.time_s == keyframe_s).sample.trigger is Trigger.ON
    assert (event.start_s, event.end_s) == pytest.approx((truth.events[0].start_s, truth.events[0].end_s), abs=0.2)
    assert event.tracking_codes == truth.events[0].tracking_codes
    in_spans, [same] = sampled(video, profile, 1.7, is_exhaustive=False)
    assert same == event
    assert [m for m in in_spans.moments if m.sample.trigger] == [m for m in whole_take.moments if m.sample.trigger]


CARD, LABEL, TWO_LABELS = ("TimeGo",), ("SPXVN0123456",), ("SPXVN0123456", "SPXVN6543210")


def film_codes(
    path: Path,
    shown: Sequence[tuple[Sequence[str], int]],
    keyframes_apart: int = 250,
    *,
    rate: int = 25,
    coding: str = "scenecut=0",
) -> None:
    """A table that shows these codes for so many pictures at a time: the first one where its card lies, another beside
    it. Something moves unless the card is seen."""
    rng = np.random.default_rng(1)
    table = rng.integers(90, 110, (180, 320), np.uint8)
    path.parent.mkdir()
    with av.open(str(path), "w") as out:
        options = {"preset": "veryfast", "crf": "24", "x264-params": f"keyint={keyframes_apart}:{coding}"}
        stream = out.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number, texts in enumerate(texts for texts, count in shown for _ in range(count)):
            picture = table.copy()
            for text, left in zip(texts, (200, 100), strict=False):
                code = np.pad(paint_barcode(text, "QRCode", 3), 12, constant_values=PAPER)
                picture[20 : 20 + len(code), left : left + len(code[0])] = code
            if texts != CARD:
                picture[:, :100] = rng.integers(0, 255, (180, 100), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def filmed(folder: Path) -> tuple[Video, Profile]:
    """The one video there, and a profile that tells where its card lies."""
    [file] = scan([folder]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    return video, Profile(camera_name="cam1", qr_trigger_area=survey(video, "TimeGo"))


@pytest.mark.parametrize(("seen", "covered", "ahead"), [(12, 11, 0), (11, 12, 1), (12, 11, 2), (30, 13, 3)])
def test_one_picture_more_or_less_decides_as_with_every_picture(
    seen: int, covered: int, ahead: int, tmp_path: Path
) -> None:
    shown = [(CARD, 75 + ahead), (LABEL, 167 - seen), (CARD, seen), (LABEL, covered), (CARD, 154)]
    film_codes(tmp_path / "cam1" / "a.mp4", shown)
    video, profile = filmed(tmp_path)
    take, [event] = sampled(video, profile, 300.0, is_exhaustive=False)
    _, [as_every] = sampled(video, profile, 300.0, is_exhaustive=True)
    # Spans of which one ends while the card is covered for a moment, shortly before a keyframe.
    assert (event.start_s, event.end_s) == pytest.approx((as_every.start_s, as_every.end_s), abs=0.1)
    in_spans, [same] = sampled(video, profile, 3.3, is_exhaustive=False)
    assert same == event
    assert [m for m in in_spans.moments if m.sample.trigger] == [m for m in take.moments if m.sample.trigger]


SPARSE = "scenecut=0:bframes=3:b-adapt=0:b-pyramid=none"
"""Three pictures in a row that no other is made from."""


@pytest.mark.parametrize(
    ("between", "as_many", "interval_s", "rate", "keyframe_s", "packed", "coding"),
    [
        pytest.param(TWO_LABELS, 1, 1.2, 25, 4, (150, 37, 175), "scenecut=0", id="another label"),
        pytest.param((*CARD, *LABEL), 2, 1.2, 25, 4, (150, 37, 175), "scenecut=0", id="the card"),
        pytest.param(TWO_LABELS, 1, 0.25, 8, 4, (41, 3, 80), SPARSE, id="another label, shortly"),
        pytest.param(TWO_LABELS, 1, 1.2, 2, 10, (27, 3, 8), SPARSE, id="another label, few pictures"),
    ],
)
def test_what_shows_between_keyframes_is_seen_if_pictures_are_searched_as_often(
    between: tuple[str, ...],
    as_many: int,
    interval_s: float,
    rate: int,
    keyframe_s: int,
    packed: tuple[int, int, int],
    coding: str,
    tmp_path: Path,
) -> None:
    film_codes(
        tmp_path / "cam1" / "a.mp4",
        [(CARD, 3 * rate), *zip((LABEL, between, LABEL), packed, strict=True), (CARD, 3 * rate)],
        keyframes_apart=keyframe_s * rate,
        rate=rate,
        coding=coding,
    )
    video, usual = filmed(tmp_path)
    often = usual.model_copy(update={"search_interval_s": interval_s})
    take, events = sampled(video, often, 300.0, is_exhaustive=False)
    _, as_every = sampled(video, often, 300.0, is_exhaustive=True)
    assert len(as_every) == as_many
    assert [(e.status, set(e.tracking_codes)) for e in events] == [(e.status, set(e.tracking_codes)) for e in as_every]
    for one, other in zip(events, as_every, strict=True):
        assert (one.start_s, one.end_s) == pytest.approx((other.start_s, other.end_s), abs=0.1)
    searched_s = [
        m.sample.time_s for m in take.moments if m.sample.sights is not None or m.sample.trigger is Trigger.ON
    ]
    assert max(np.diff([s for s in searched_s if 3.0 <= s < 3.0 + sum(packed) / rate])) <= interval_s + 4 / rate
    in_spans, same = sampled(video, often, 3.3, is_exhaustive=False)
    assert same == events
    assert list(in_spans.moments) == list(take.moments)


@pytest.mark.parametrize(("keyframe_s", "interval_s"), [(4.0, 4.0), (4.0, 4.5), (1.0, 1.0), (0.2, 1.0)])
def test_where_keyframes_are_as_close_as_a_packing_is_to_be_searched_nothing_else_is_decoded(
    keyframe_s: float, interval_s: float, tmp_path: Path
) -> None:
    shown = [(CARD, 90), (LABEL, 395), (CARD, 90)]
    film_codes(tmp_path / "cam1" / "a.mp4", shown, keyframes_apart=round(keyframe_s * 25))
    video, usual = filmed(tmp_path)
    takes = [
        sampled(video, usual.model_copy(update={"search_interval_s": search_s}), 300.0, is_exhaustive=False)[0]
        for search_s in (None, interval_s)
    ]
    without, often = (sum(log.pictures for log in take.logs) for take in takes)
    assert often <= without + 23, "a keyframe a second"


def test_a_label_that_is_read_now_and_then_costs_no_more_than_decoding_all_four_times(tmp_path: Path) -> None:
    shown = [(CARD, 18), *[(LABEL, 2), ((), 2)] * 40, (CARD, 18)]
    coding = "scenecut=0:bframes=1:b-adapt=0"
    film_codes(tmp_path / "cam1" / "a.mp4", shown, rate=6, coding=coding)
    take, [_] = sampled(*filmed(tmp_path), 300.0, is_exhaustive=False)
    assert sum(log.pictures for log in take.logs) < 4 * 196


@pytest.mark.parametrize(
    ("rate", "packed", "coding"),
    [
        pytest.param(25, (177, 8, 165), "scenecut=0", id="shorter than codes are searched apart"),
        pytest.param(6, (37, 1, 46), "scenecut=0:bframes=1:b-adapt=0", id="in a picture that no other is made from"),
    ],
)
def test_a_label_that_shows_for_a_moment_before_another_goes_is_read(
    rate: int, packed: tuple[int, int, int], coding: str, tmp_path: Path
) -> None:
    shown = zip((LABEL, TWO_LABELS, ()), packed, strict=True)
    film_codes(
        tmp_path / "cam1" / "a.mp4",
        [(CARD, 3 * rate), *shown, (CARD, 3 * rate)],
        keyframes_apart=4 * rate,
        rate=rate,
        coding=coding,
    )
    video, profile = filmed(tmp_path)
    take, [event] = sampled(video, profile, 300.0, is_exhaustive=False)
    assert set(event.tracking_codes) == set(TWO_LABELS)
    in_spans, [same] = sampled(video, profile, 3.3, is_exhaustive=False)
    assert same == event
    assert list(in_spans.moments) == list(take.moments)


OTHER = ("SPXVN6543210",)


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param([(LABEL, 18), ((), 10), (OTHER, 5), ((), 140)], id="a moment after it"),
        pytest.param([((), 28), (OTHER, 5), ((), 10), (LABEL, 30), ((), 100)], id="a moment before it"),
    ],
)
def test_a_label_that_shows_for_a_moment_next_to_another_is_read(
    shown: list[tuple[tuple[str, ...], int]], tmp_path: Path
) -> None:
    film_codes(tmp_path / "cam1" / "a.mp4", [(CARD, 75), *shown, (CARD, 75)])
    video, profile = filmed(tmp_path)
    take, [event] = sampled(video, profile, 300.0, is_exhaustive=False)
    assert set(event.tracking_codes) == {*LABEL, *OTHER}
    in_spans, [same] = sampled(video, profile, 3.3, is_exhaustive=False)
    assert same == event
    assert list(in_spans.moments) == list(take.moments)


def keyframe_times_s(path: str) -> list[float]:
    index = index_packets(path)
    return [float(time_s) for time_s in index.times_s[index.keyframe]]


@pytest.mark.parametrize("keyframe_s", [10.0, 60.0])
def test_spans_shorter_than_the_distance_of_keyframes(keyframe_s: float, tmp_path: Path) -> None:
    order = Order(packing=SHORT, look=TINY, recording=replace(THIRD, keyframe_s=keyframe_s))
    take = assert_cascade_equals_every_picture(order, tmp_path, span_s=10.0)
    assert sum(covered_s(log.coverage, Coverage.UNREADABLE) for log in take.logs) == 0


@pytest.mark.parametrize("trigger_card", [True, False])
def test_spans_in_which_no_picture_begins(trigger_card: bool, tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(6, 7), before_s=26, after_s=26, trigger_card=trigger_card)
    recording = replace(THIRD, skip_unchanged=True, container="mkv")
    render(Order(packing=packing, look=TINY, recording=recording), tmp_path)
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name=video.camera_name, qr_trigger_area=survey(video, "TimeGo"))
    for is_exhaustive in (False, True):
        take, _ = sampled(video, profile, 2.0, is_exhaustive=is_exhaustive)
        assert any(not log.samples for log in take.logs)
        assert sum(covered_s(log.coverage, Coverage.UNREADABLE) for log in take.logs) == 0


def test_a_span_behind_the_last_keyframe_shows_what_the_whole_does(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(6, 7), before_s=3, after_s=11)
    render(Order(packing=packing, look=MEDIUM, recording=replace(THRIFTY, keyframe_s=4)), tmp_path)
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name=video.camera_name, qr_trigger_area=survey(video, "TimeGo"))
    whole = sample_span(video, profile, Span(0.0, video.duration_s))
    last = sample_span(video, profile, Span(video.duration_s - 0.5, video.duration_s))
    assert [*last.samples] == [sample for sample in whole.samples if sample.time_s >= last.span.start_s]
    assert [stretch.coverage for stretch in last.coverage] == [Coverage.IDLE]
    assert last.pictures == 3


@pytest.mark.parametrize("way", ["cut at the front", "refreshed bit by bit"])
def test_files_whose_first_pictures_need_others(way: str, tmp_path: Path) -> None:
    truth = render(Order(packing=SHORT, look=TINY, recording=THIRD), tmp_path / "whole")
    [source] = (tmp_path / "whole" / "cam1").iterdir()
    target = tmp_path / "cam1.mp4"
    cut = ["-ss", "2.5", "-i", str(source), "-c", "copy"]
    refreshed = [
        "-i",
        str(source),
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "26",
        "-intra-refresh",
        "1",
        "-g",
        "25",
    ]
    arguments = cut if way == "cut at the front" else refreshed
    subprocess.run(["ffmpeg", "-v", "error", *arguments, target], check=True)
    [file] = scan([target]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    area = survey(video, "TimeGo")
    assert area is not None
    profile = Profile(camera_name=video.camera_name, qr_trigger_area=area)
    take, events = sampled(video, profile, 300.0, is_exhaustive=False)
    assert sum(covered_s(log.coverage, Coverage.UNREADABLE) for log in take.logs) < 0.1
    offset_s = 2.5 if way == "cut at the front" else 0.0
    assert [e.start_s for e in events] == pytest.approx([t.start_s - offset_s for t in truth.events], abs=0.5)
    assert [e.tracking_codes for e in events] == [t.tracking_codes for t in truth.events]


def in_long_rows(order: Order, folder: Path, *, keyint: int) -> Video:
    """The footage with eight pictures in a row that no other is made from, wherever there is room for them."""
    render(order, folder / "whole")
    [source] = (folder / "whole" / "cam1").iterdir()
    target = folder / "cam1.mp4"
    rows = f"keyint={keyint}:scenecut=0:bframes=8:b-adapt=0:b-pyramid=none"
    coded = ["-i", str(source), "-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-x264-params", rows]
    subprocess.run(["ffmpeg", "-v", "error", *coded, target], check=True)
    [file] = scan([target]).files
    return Video(file=file, header=probe(file, ZoneInfo("UTC")))


@pytest.mark.parametrize("frame_rate", [1, 4])
@pytest.mark.parametrize("trigger_card", [True, False])
def test_few_pictures_a_second_with_rows_of_those_that_no_other_is_made_from(
    trigger_card: bool, frame_rate: int, tmp_path: Path
) -> None:
    order = Order(
        packing=replace(SHORT, trigger_card=trigger_card),
        look=TINY if trigger_card else SMALL,
        recording=Recording(frame_rate=frame_rate),
    )
    video = in_long_rows(order, tmp_path, keyint=8 * frame_rate)
    area = survey(video, "TimeGo") if trigger_card else None
    profile = Profile(camera_name=video.camera_name, qr_trigger_area=area)
    _, few = sampled(video, profile, 300.0, is_exhaustive=False)
    _, in_spans = sampled(video, profile, 11.0, is_exhaustive=False)
    _, every = sampled(video, profile, 300.0, is_exhaustive=True)
    assert in_spans == few
    assert [e.tracking_codes for e in few] == [e.tracking_codes for e in every]
    for one, other in zip(few, every, strict=True):
        assert (one.start_s, one.end_s) == pytest.approx((other.start_s, other.end_s), abs=0.2)


def test_a_packing_between_two_pictures_that_others_are_made_from_is_found(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(6, 6), before_s=1.5, after_s=20)
    video = in_long_rows(Order(packing=packing, look=TINY, recording=Recording(frame_rate=1)), tmp_path, keyint=32)
    profile = Profile(camera_name=video.camera_name, qr_trigger_area=survey(video, "TimeGo"))
    _, few = sampled(video, profile, 300.0, is_exhaustive=False)
    _, every = sampled(video, profile, 300.0, is_exhaustive=True)
    assert len(few) == len(every) == 1
    assert (few[0].start_s, few[0].end_s) == (every[0].start_s, every[0].end_s)


def test_a_second_look_takes_a_picture_each_interval_however_few_others_are_made_from(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(6, 6), before_s=3, after_s=3)
    video = in_long_rows(Order(packing=packing, look=TINY, recording=Recording(frame_rate=4)), tmp_path, keyint=32)
    log = second_look(video, Profile(camera_name="cam1"), Span(3.0, 9.0))
    assert [sample.time_s for sample in log.samples] == pytest.approx(np.arange(3.0, 9.0, 0.25))


UNMARKED = Packing(events=2, event_s=(6, 7), idle_s=(4, 4.5), before_s=3, after_s=3, trigger_card=False)
BARE = {
    "plain": Order(packing=UNMARKED, look=SMALL, recording=THIRD),
    "a label shown for 0.9 s": Order(packing=replace(UNMARKED, label_s=0.9), look=SMALL, recording=THIRD),
    "two codes, keyframes 4 s apart": Order(
        packing=replace(UNMARKED, two_codes=True),
        look=SMALL,
        recording=replace(THIRD, codec="hevc", keyframe_s=4),
    ),
    "keyframes 12 s apart": Order(
        packing=UNMARKED,
        look=SMALL,
        recording=replace(THIRD, keyframe_s=12),
    ),
}


@pytest.mark.parametrize("kind", BARE)
def test_without_a_card(kind: str, tmp_path: Path) -> None:
    truth = render(BARE[kind], tmp_path)
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name=video.camera_name)
    take, few = sampled(video, profile, 300.0, is_exhaustive=False)
    _, in_spans = sampled(video, profile, 11.0, is_exhaustive=False)
    _, every = sampled(video, profile, 300.0, is_exhaustive=True)
    assert in_spans == few
    assert [(e.status, set(e.tracking_codes)) for e in few] == [(e.status, set(e.tracking_codes)) for e in every]
    assert [set(e.tracking_codes) for e in few] == [set(t.tracking_codes) for t in truth.events]
    for one, other, true in zip(few, every, truth.events, strict=True):
        assert (one.start_s, one.end_s) == pytest.approx((other.start_s, other.end_s), abs=0.2)
        assert (one.start_s, one.end_s) == pytest.approx((true.start_s, true.end_s), abs=0.5)
    [log] = take.logs
    assert sum(covered_s(log.coverage, part) for part in Coverage) == pytest.approx(log.span.duration_s)


def film_lying_label(path: Path, *, seconds: int, keyframe_s: float) -> None:
    """A table on which nothing moves, filmed 5 times a second, with a label on it."""
    rate = 5
    picture = np.random.default_rng(1).integers(90, 110, (540, 960), np.uint8)
    label = np.pad(paint_barcode("SPXVN0123456", "QRCode", 5), 20, constant_values=PAPER)
    picture[200 : 200 + len(label), 300 : 300 + len(label[0])] = label
    group = f"keyint={round(keyframe_s * rate)}:min-keyint={round(keyframe_s * rate)}:scenecut=0"
    path.parent.mkdir()
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"preset": "veryfast", "bf": "0", "x264-params": group})
        stream.width, stream.height, stream.pix_fmt = 960, 540, "yuv420p"
        for number in range(seconds * rate):
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


@pytest.mark.parametrize("keyframe_s", [2.0, 5.0])
def test_a_label_that_lies_still_is_one_packing_whatever_the_distance_of_keyframes(
    keyframe_s: float, tmp_path: Path
) -> None:
    film_lying_label(tmp_path / "cam1" / "a.mp4", seconds=21, keyframe_s=keyframe_s)
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name="cam1", min_packing_s=keyframe_s)
    _, few = sampled(video, profile, 300.0, is_exhaustive=False)
    _, every = sampled(video, profile, 300.0, is_exhaustive=True)
    assert len(few) == len(every) == 1


def test_a_label_that_lies_still_at_the_end_is_seen_to_the_last_picture(tmp_path: Path) -> None:
    film_lying_label(tmp_path / "cam1" / "a.mp4", seconds=15, keyframe_s=4.0)
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    take, [event] = sampled(video, Profile(camera_name="cam1"), 300.0, is_exhaustive=False)
    assert (event.start_s, event.end_s) == (0.0, 14.8)
    # The keyframes, and from the last of them to the last picture.
    assert [log.pictures for log in take.logs] == [4 + 15]
    in_spans, [same] = sampled(video, Profile(camera_name="cam1"), 5.0, is_exhaustive=False)
    assert same == event
    assert in_spans.moments == take.moments


def spoil_keyframe(path: str, time_s: float) -> None:
    with av.open(path) as container:
        spoilt = next(p for p in container.demux(video=0) if p.pts is not None and p.pts * p.time_base >= time_s)
    assert spoilt.is_keyframe
    assert spoilt.pos is not None
    with Path(path).open("r+b") as data:
        data.seek(spoilt.pos + 5)
        data.write(bytes(spoilt.size - 5))


def test_around_a_damaged_keyframe_all_is_decoded_and_nothing_else(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(7, 8), before_s=42, after_s=4)
    rate = 15  # so that one picture of three is a sample, each 0.2 s
    recording = replace(THRIFTY, frame_rate=rate)
    truth = render(Order(packing=packing, look=LARGE, recording=recording), tmp_path)
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name=video.camera_name, qr_trigger_area=survey(video, "TimeGo"))
    unhurt = sample_span(video, profile, Span(0.0, video.duration_s))
    assert 20.0 in [sample.time_s for sample in unhurt.samples]
    spoil_keyframe(file.path, 20.0)
    for span_s in (33.0, 300.0):
        take, [event] = sampled(video, profile, span_s, is_exhaustive=False)
        assert event.tracking_codes == truth.events[0].tracking_codes
        assert [s for log in take.logs for s in log.samples if not 0 < s.time_s < 40] == [
            s for s in unhurt.samples if not 0 < s.time_s < 40
        ]
        seen_s = [s.time_s for log in take.logs for s in log.samples if 0 < s.time_s < 40]
        assert len(seen_s) == pytest.approx(5 * 38, abs=3)
        lost = [s.span for log in take.logs for s in log.coverage if s.coverage is Coverage.UNREADABLE]
        assert [(span.start_s, span.end_s) for span in lost] == [pytest.approx((20.0, 22.0), abs=0.1)]
        assert sum(log.pictures for log in take.logs) < unhurt.pictures + rate * (40 + 4 * len(take.logs))


def test_a_keyframe_that_is_damaged_behind_a_span_is_no_matter_of_that_span(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(5.5, 6), before_s=3, after_s=3)
    render(Order(packing=packing, look=TINY, recording=THIRD), tmp_path)
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name=video.camera_name, qr_trigger_area=survey(video, "TimeGo"))
    unhurt = sample_span(video, profile, Span(0.0, 5.0))
    spoil_keyframe(file.path, 8.0)
    log = sample_span(video, profile, Span(0.0, 5.0))
    assert log.notes == ()
    assert (log.samples, log.coverage) == (unhurt.samples, unhurt.coverage)


def test_without_a_card_a_keyframe_that_is_damaged_hides_no_still_time(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(7, 8), before_s=30, after_s=3, trigger_card=False)
    render(Order(packing=packing, look=LARGE, recording=THRIFTY), tmp_path)
    [file] = scan([tmp_path]).files
    spoil_keyframe(file.path, 14.0)
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    take, [event] = sampled(video, Profile(camera_name="cam1"), 300.0, is_exhaustive=False)
    assert event.tracking_codes
    [log] = take.logs
    lost = [s.span for s in log.coverage if s.coverage is Coverage.UNREADABLE]
    assert lost
    assert all(span.start_s >= 13 and span.end_s <= 17 for span in lost)
    assert any(16 <= sample.time_s < 28 for sample in log.samples)


def test_a_still_table_without_a_card_is_hardly_looked_at(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(7, 8), before_s=16, after_s=16, trigger_card=False)
    [event] = render(Order(packing=packing, look=MEDIUM, recording=THRIFTY), tmp_path).events
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    take, [found] = sampled(video, Profile(camera_name="cam1"), 300.0, is_exhaustive=False)
    assert (found.start_s, found.end_s) == pytest.approx((event.start_s, event.end_s), abs=0.5)
    assert covered_s(take.logs[0].coverage, Coverage.IDLE) > 20
    assert take.logs[0].pictures < 150


def test_a_mostly_idle_table_is_mostly_not_decoded(tmp_path: Path) -> None:
    packing = Packing(events=2, event_s=(6, 8), idle_s=(60, 70), before_s=30, after_s=30)
    take = assert_cascade_equals_every_picture(Order(packing=packing, look=TINY, recording=THIRD), tmp_path)
    assert sum(log.pictures for log in take.logs) < take.video.duration_s * THIRD.frame_rate / 8


@settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=False
)
@given(
    seed=st.integers(0, 10_000),
    keyframe_s=st.sampled_from([0.4, 1.0, 2.0, 3.3, 5.0, 8.0]),
    frame_rate=st.sampled_from([7.5, 12, 15, 25]),
    event_s=st.floats(5.5, 10),
    idle_s=st.floats(2.6, 8),
    two_codes=st.booleans(),
    span_s=st.sampled_from([10.0, 17.0, 300.0]),
)
def test_drawn_timelines(
    seed: int, keyframe_s: float, frame_rate: float, event_s: float, idle_s: float, two_codes: bool, span_s: float
) -> None:
    order = Order(
        seed=seed,
        packing=Packing(events=2, event_s=(event_s, event_s + 1), idle_s=(idle_s, idle_s + 1), two_codes=two_codes),
        look=TINY,
        recording=replace(THIRD, keyframe_s=keyframe_s, frame_rate=frame_rate),
    )
    with TemporaryDirectory() as folder:
        assert_cascade_equals_every_picture(order, Path(folder), span_s)
