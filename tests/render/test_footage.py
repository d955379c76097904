from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import av
import numpy as np
import pytest
import zxingcpp

from tests.conftest import THIRD
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.render import Look, Order, Packing, Recording, Truth, read_truth, render
from vtrack_ray.render.label import paint_label
from vtrack_ray.render.order import Preset
from vtrack_ray.render.timeline import plan
from vtrack_ray.render.truth import TrueCamera

SMALL = Look(width_px=640, height_px=360)
BRIEF = Packing(events=1, event_s=(4.0, 5.0), idle_s=(4.0, 5.0), before_s=2.0, after_s=2.0)


def pictures(path: Path) -> Iterator[tuple[float, np.ndarray[Any, np.dtype[np.uint8]]]]:
    """Times from the first picture, and grey pictures."""
    with av.open(path) as container:
        first = None
        for frame in container.decode(video=0):
            assert frame.time is not None
            first = frame.time if first is None else first
            yield frame.time - first, np.asarray(frame.to_ndarray(format="gray"), np.uint8)


def texts(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> set[str]:
    return {code.text for code in zxingcpp.read_barcodes(np.ascontiguousarray(picture))}


def within_event(camera: TrueCamera, instant: datetime) -> bool:
    return any(event.started_at <= instant < event.ended_at for event in camera.events)


def only_camera(truth: Truth) -> TrueCamera:
    (camera,) = truth.cameras
    return camera


@pytest.fixture(scope="module")
def two_events(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("footage")
    packing = replace(BRIEF, events=2, two_codes=True)
    return folder, render(Order(seed=3, packing=packing, look=SMALL), folder)


@pytest.mark.parametrize(
    "recording",
    [Recording(), Recording(bitrate_kbps=600), Recording(codec="hevc", bitrate_kbps=600)],
    ids=["by quality", "constant bit rate", "HEVC at constant bit rate"],
)
def test_the_same_order_gives_the_same_bytes(recording: Recording, tmp_path: Path) -> None:
    brief = replace(BRIEF, event_s=(2.0, 2.0))
    order = Order(seed=5, packing=brief, look=Look(width_px=320, height_px=240), recording=recording)
    first, second = tmp_path / "first", tmp_path / "second"
    truth = render(order, first)
    assert render(order, second) == truth
    (video,) = only_camera(truth).videos
    for name in ("truth.json", video.path):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_another_seed_gives_other_footage(two_events: tuple[Path, Truth], tmp_path: Path) -> None:
    truth = render(Order(seed=4, packing=BRIEF, look=SMALL), tmp_path)
    assert truth.events[0].tracking_codes != two_events[1].events[0].tracking_codes


def test_the_truth_is_read_as_it_was_written(two_events: tuple[Path, Truth]) -> None:
    folder, truth = two_events
    assert read_truth(folder) == read_truth(folder / "truth.json") == truth
    assert '"started_at": "2026-11-01T01:00:00+00:00"' in (folder / "truth.json").read_text()


def test_the_card_is_read_exactly_outside_the_events(two_events: tuple[Path, Truth]) -> None:
    folder, truth = two_events
    camera = only_camera(truth)
    (video,) = camera.videos
    area = camera.trigger_area
    assert area is not None
    for time_s, picture in pictures(folder / video.path):
        instant = video.started_at + timedelta(seconds=time_s, microseconds=1)
        read = "TimeGo" in texts(picture[area.y : area.bottom, area.x : area.right])
        ends = any(abs((event.ended_at - instant).total_seconds()) < 0.05 for event in camera.events)
        assert read != within_event(camera, instant) or ends, time_s


def test_labels_are_read_while_they_show_and_only_then(two_events: tuple[Path, Truth]) -> None:
    folder, truth = two_events
    camera = only_camera(truth)
    (video,) = camera.videos
    sights = [sight for event in camera.events for sight in event.sights]
    assert [len(event.sights) for event in camera.events] == [2, 2]
    for number, (time_s, picture) in enumerate(pictures(folder / video.path)):
        if number % 5 == 0:
            shown = {s.code for s in sights if s.first_s - 0.001 <= time_s <= s.last_s + 0.001}
            leaving = any(abs(time_s - event.end_s) < 0.5 for event in camera.events)
            assert leaving or texts(picture) - {"TimeGo"} == shown, time_s


@pytest.mark.parametrize("symbology", ["QRCode", "Code128"])
def test_no_code_is_read_under_a_hand_and_the_truth_says_where_one_is_whole(symbology: str, tmp_path: Path) -> None:
    packing = replace(
        BRIEF,
        event_s=(9.0, 9.0),
        two_codes=True,
        hands_over_label=True,
        symbology=symbology,  # type: ignore[arg-type]
    )
    order = Order(seed=2, packing=packing, look=Look(width_px=1280, height_px=720), recording=THIRD)
    camera = only_camera(render(order, tmp_path))
    (event,) = camera.events
    (packed,) = plan(order, 0).packed
    strokes = packed.strokes
    assert event.sights[0].first_s > strokes[0].until_s
    for time_s, picture in pictures(tmp_path / camera.videos[0].path):
        if any(stroke.from_s <= time_s < stroke.until_s for stroke in strokes):
            assert not texts(picture) & set(event.tracking_codes), time_s
        elif any(abs(time_s - instant) < 0.001 for sight in event.sights for instant in (sight.first_s, sight.last_s)):
            assert texts(picture) & set(event.tracking_codes), time_s


def test_clutter_is_read_but_is_no_tracking_code_and_hides_neither_card_nor_labels(tmp_path: Path) -> None:
    packing = replace(BRIEF, two_codes=True)
    look = Look(width_px=1280, height_px=720)
    order = Order(seed=2, packing=packing, look=look, recording=THIRD)
    plain = render(order, tmp_path / "plain")
    cluttered = render(replace(order, look=replace(look, clutter=True)), tmp_path / "cluttered")
    assert cluttered == plain
    camera = only_camera(cluttered)
    (event,) = camera.events
    profile = Profile(camera_name="cam1")
    seen: set[str] = set()
    formats: set[str] = set()
    for number, (time_s, picture) in enumerate(pictures(tmp_path / "cluttered" / camera.videos[0].path)):
        if number % 2:
            continue
        codes = zxingcpp.read_barcodes(np.ascontiguousarray(picture))
        formats |= {code.format.name for code in codes}
        read = {code.text for code in codes if code.format.name != "EAN13"}
        labels = {text for text in read if profile.is_tracking_code(text)}
        shown = {s.code for s in event.sights if s.first_s - 0.001 <= time_s <= s.last_s + 0.001}
        assert labels == shown or abs(time_s - event.end_s) < 0.5, time_s
        assert ("TimeGo" in read) or event.start_s - 0.1 < time_s < event.end_s + 0.1, time_s
        seen |= read
    assert formats == {"QRCode", "Code128", "EAN13"}
    assert {"https", "KIT-", "B-"} <= {text.split(":")[0].rstrip("0123456789") for text in seen}


@pytest.mark.parametrize(
    ("codec", "container", "frame_rate"),
    [
        ("h264", "mp4", 25.0),
        ("h264", "ts", 25.0),
        ("h264", "flv", 25.0),
        ("h264", "avi", 15.0),
        ("hevc", "mkv", 12.5),
        ("mjpeg", "mov", 10.0),
    ],
)
def test_a_file_is_coded_as_ordered(codec: str, container: str, frame_rate: float, tmp_path: Path) -> None:
    recording = Recording(
        codec=codec,  # type: ignore[arg-type]
        container=container,  # type: ignore[arg-type]
        frame_rate=frame_rate,
        keyframe_s=1.5,
    )
    truth = render(Order(packing=BRIEF, look=Look(width_px=320, height_px=240), recording=recording), tmp_path)
    (video,) = only_camera(truth).videos
    assert video.path == f"cam1/cam1_20261101_080000.{container}"
    with av.open(tmp_path / video.path) as file:
        stream = file.streams.video[0]
        frames = list(file.decode(stream))
        assert stream.codec_context.name == codec
        assert stream.average_rate == Fraction(frame_rate)
        assert (frames[0].width, frames[0].height) == (320, 240)
        times = np.array([frame.time for frame in frames], float)
        tag = file.metadata.get("creation_time", "")
        assert tag.startswith("2026-11-01T01:00:00") == (container not in ("avi", "ts"))
    assert times[-1] - times[0] + 1 / frame_rate == pytest.approx(video.duration_s, abs=0.002)
    assert np.diff(times) == pytest.approx(1 / frame_rate, abs=0.0011)
    if codec != "mjpeg":
        keyframes = times[[frame.key_frame for frame in frames]] - times[0]
        due = np.arange(0, times[-1] - times[0], 1.5)
        assert len(keyframes) == len(due)
        assert np.all((keyframes - due > -0.002) & (keyframes - due < 1 / frame_rate))


@pytest.mark.parametrize("symbology", ["QRCode", "Code128", "DataMatrix"])
@pytest.mark.parametrize("tilt_deg", [0.0, 20.0])
def test_labels_of_every_kind_are_read(symbology: str, tilt_deg: float) -> None:
    paper = paint_label("SPXVN0123456789", symbology, 3.0, tilt_deg)  # type: ignore[arg-type]
    assert texts(paper.grey) == {"SPXVN0123456789"}


def test_creation_time_and_even_pictures_can_be_left_out(tmp_path: Path) -> None:
    recording = Recording(creation_time=False, variable_frame_rate=True)
    truth = render(Order(packing=BRIEF, look=Look(width_px=320, height_px=240), recording=recording), tmp_path)
    (video,) = only_camera(truth).videos
    with av.open(tmp_path / video.path) as file:
        assert "creation_time" not in file.metadata
        gaps = np.diff([frame.time for frame in file.decode(video=0)])
    assert gaps.min() < 0.03
    assert gaps.max() > 0.05
    assert gaps.mean() == pytest.approx(0.04, abs=0.005)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize(("container", "variable_frame_rate"), [("mp4", True), ("mkv", False), ("ts", True)])
def test_pictures_in_which_nothing_moved_are_left_out_and_the_others_keep_their_times(
    codec: str, container: str, variable_frame_rate: bool, tmp_path: Path
) -> None:
    recording = Recording(
        codec=codec,  # type: ignore[arg-type]
        container=container,  # type: ignore[arg-type]
        variable_frame_rate=variable_frame_rate,
    )
    order = Order(packing=replace(BRIEF, before_s=8.0), look=Look(width_px=320, height_px=240), recording=recording)
    whole = render(order, tmp_path / "whole")
    skipping = replace(order, recording=replace(recording, skip_unchanged=True, still_s=3.0))
    assert render(skipping, tmp_path) == whole
    (video,) = only_camera(whole).videos
    (event,) = whole.events
    taken = np.array([time_s for time_s, _ in pictures(tmp_path / "whole" / video.path)])
    stored = np.array([time_s for time_s, _ in pictures(tmp_path / video.path)])
    assert all(np.abs(taken - time_s).min() < 0.002 for time_s in stored)
    assert stored[-1] == pytest.approx(taken[-1], abs=0.002)
    gaps = np.diff(stored)
    assert gaps.max() <= 3.001
    assert np.sum(stored < event.start_s - 1.5) <= 3
    with av.open(tmp_path / video.path) as file:
        first = next(file.decode(video=0))
        assert first.time is not None
        assert first.time < 0.1
    busy = (stored > event.start_s) & (stored < event.end_s)
    assert np.sum(busy) >= 0.85 * np.sum((taken > event.start_s) & (taken < event.end_s))


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_a_fragmented_file_shows_the_same_pictures_at_the_same_times(container: str, tmp_path: Path) -> None:
    recording = Recording(container=container)  # type: ignore[arg-type]
    order = Order(packing=BRIEF, look=Look(width_px=320, height_px=240), recording=recording)
    truth = render(order, tmp_path / "whole")
    assert render(replace(order, recording=replace(recording, fragmented=True)), tmp_path) == truth
    (video,) = only_camera(truth).videos
    assert (tmp_path / video.path).read_bytes().count(b"moof") >= video.duration_s // recording.keyframe_s
    assert b"moof" not in (tmp_path / "whole" / video.path).read_bytes()
    for fragmented, whole in zip(
        pictures(tmp_path / video.path), pictures(tmp_path / "whole" / video.path), strict=True
    ):
        assert fragmented[0] == pytest.approx(whole[0], abs=0.0001)
        assert np.array_equal(fragmented[1], whole[1])


def test_a_less_thorough_encoder_makes_larger_files(tmp_path: Path) -> None:
    sizes = []
    for preset in get_args(Preset):
        order = Order(packing=Packing(events=1), look=SMALL, recording=Recording(frame_rate=10, preset=preset))
        render(order, tmp_path / preset)
        sizes += [path.stat().st_size for path in (tmp_path / preset).glob("*/*.mp4")]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3


def test_a_constant_bit_rate_is_filled_up(tmp_path: Path) -> None:
    recording = Recording(bitrate_kbps=800)
    truth = render(Order(packing=BRIEF, look=Look(width_px=320, height_px=240), recording=recording), tmp_path)
    (video,) = only_camera(truth).videos
    kbps = (tmp_path / video.path).stat().st_size * 8 / video.duration_s / 1000
    assert kbps == pytest.approx(800, rel=0.15)


def test_an_event_lies_across_two_files(tmp_path: Path) -> None:
    recording = Recording(videos=2, borders="event")
    truth = render(Order(packing=BRIEF, look=Look(width_px=320, height_px=240), recording=recording), tmp_path)
    camera = only_camera(truth)
    (event,) = camera.events
    assert event.videos == tuple(video.path for video in camera.videos)
    first, second = camera.videos
    gap = (second.started_at - first.started_at).total_seconds() - first.duration_s
    assert 0 < gap < 1
    assert event.end_s - event.start_s == pytest.approx((event.ended_at - event.started_at).total_seconds())
    assert event.start_s < first.duration_s < event.end_s


def test_an_event_without_label_has_no_code_and_one_cut_short_ends_with_the_footage(tmp_path: Path) -> None:
    packing = replace(BRIEF, events=2, unlabelled=(1,), cut_short=True)
    camera = only_camera(render(Order(packing=packing, look=Look(width_px=320, height_px=240)), tmp_path))
    whole, cut = camera.events
    assert whole.tracking_codes == ()
    assert cut.end_s == pytest.approx(camera.videos[0].duration_s - 0.04)


def test_without_a_card_a_label_ends_the_event(tmp_path: Path) -> None:
    packing = replace(BRIEF, events=2, trigger_card=False, unlabelled=(1,))
    folder = tmp_path
    camera = only_camera(render(Order(packing=packing, look=SMALL), folder))
    assert camera.trigger_area is None
    (event,) = camera.events
    assert event.end_s == event.sights[0].last_s
    assert all(
        "TimeGo" not in texts(picture) for time_s, picture in pictures(folder / camera.videos[0].path) if time_s < 1
    )


def test_a_passing_hand_covers_the_card_for_less_than_a_second_and_is_no_event(tmp_path: Path) -> None:
    packing = replace(BRIEF, events=0, passing_hands=1)
    camera = only_camera(render(Order(packing=packing, look=SMALL), tmp_path))
    assert camera.events == ()
    area = camera.trigger_area
    assert area is not None
    hidden = [
        time_s
        for time_s, picture in pictures(tmp_path / camera.videos[0].path)
        if "TimeGo" not in texts(picture[area.y : area.bottom, area.x : area.right])
    ]
    assert hidden
    assert 0.1 < hidden[-1] - hidden[0] < 0.9


def test_progress_is_told_picture_by_picture(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    packing = replace(BRIEF, events=0)
    order = Order(packing=packing, look=Look(width_px=320, height_px=240), cameras=("a", "b"))
    truth = render(order, tmp_path, lambda done, total: told.append((done, total)))
    assert told == [(number + 1, len(told)) for number in range(len(told))]
    assert len(told) == sum(round(video.duration_s * 25) for camera in truth.cameras for video in camera.videos)
