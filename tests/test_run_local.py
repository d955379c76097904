"""`vtrack run --local` on rendered footage, as a process, and what the other commands say afterwards."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TINY, Footage, Vtrack
from vtrack_ray.render.compare import compare


def assert_right(vtrack: Vtrack, footage: Footage) -> list[dict[str, Any]]:
    events = vtrack.json("events")
    comparison = compare(footage.truth, events)
    assert comparison.agrees(within_s=0.5), comparison
    return events


def test_every_event_of_two_cameras_is_found(vtrack: Vtrack, two_cameras: Footage) -> None:
    assert "4 done; 4 of them in this run" in vtrack("run", "--local", two_cameras.root)
    events = assert_right(vtrack, two_cameras)
    assert {event["status"] for event in events} == {"complete", "no_code"}
    [crossing, *_] = [event for event in events if len(event["videos"]) == 2]
    assert crossing["end_s"] - crossing["start_s"] == pytest.approx(crossing["duration_s"])
    for event in events:
        assert datetime.fromisoformat(event["started_at"]).tzinfo
        for sight in event["sights"]:
            assert sight["code"] in event["tracking_codes"]
            assert sight["video"] in event["videos"]
            assert sight["decoder"]
            assert len(sight["box"]) == 4


def test_without_a_card_labels_and_hands_tell(vtrack: Vtrack, without_card: Footage) -> None:
    vtrack("run", "--local", without_card.root)
    assert_right(vtrack, without_card)


def test_exhaustive_finds_the_same(vtrack: Vtrack, finished: Vtrack, two_cameras: Footage) -> None:
    vtrack("run", "--local", "--exhaustive", two_cameras.root)
    few, every = finished.json("events"), vtrack.json("events")
    assert [e["tracking_codes"] for e in few] == [e["tracking_codes"] for e in every]
    for one, other in zip(few, every, strict=True):
        assert one["start_s"] == pytest.approx(other["start_s"], abs=0.2)
        assert one["end_s"] == pytest.approx(other["end_s"], abs=0.2)


def test_the_number_of_spans_changes_nothing(vtrack: Vtrack, finished: Vtrack, two_cameras: Footage) -> None:
    vtrack("run", "--local", "--set", "SPAN_SECONDS=10", two_cameras.root)
    assert len(vtrack.snapshot()["processed_logs"]) > len(finished.snapshot()["processed_logs"])
    assert vtrack.snapshot()["events"] == finished.snapshot()["events"]


def test_nothing_is_done_twice_unless_forced(used: Vtrack, two_cameras: Footage) -> None:
    before = used.snapshot()
    assert "0 of them in this run" in used("run", "--local", two_cameras.root)
    assert "4 of them in this run" in used("run", "--local", "--force", two_cameras.root)
    assert used.snapshot() == before
    assert {video["attempts"] for video in used.json("videos")} == {2}


def test_the_order_of_arrival_changes_nothing(vtrack: Vtrack, finished: Vtrack, two_cameras: Footage) -> None:
    files = sorted(two_cameras.root.glob("*/*.mp4"))
    for file in reversed(files):
        vtrack("run", "--local", file)
    assert vtrack.snapshot()["events"] == finished.snapshot()["events"]


def test_a_changed_and_a_new_file_are_taken_up(vtrack: Vtrack, two_cameras: Footage, tmp_path: Path) -> None:
    first, second, third = sorted(two_cameras.root.glob("*/*.mp4"))[:3]
    folder = tmp_path / "table"
    folder.mkdir()
    shutil.copy(first, folder / "one.mp4")
    vtrack("run", "--local", folder)
    shutil.copy(second, folder / "two.mp4")
    shutil.copy(third, folder / "one.mp4")
    assert "2 of them in this run" in vtrack("run", "--local", folder)
    assert len(vtrack.json("videos")) == 2
    fresh = {tuple(event["tracking_codes"]) for event in vtrack.json("events")}
    assert fresh, "the changed file's events take the place of the old ones"


def test_a_renamed_file_is_no_second_video_and_a_deleted_one_keeps_its_events(
    vtrack: Vtrack, two_cameras: Footage, tmp_path: Path
) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    file = folder / "20261101_080000.mp4"
    shutil.copy2(min(two_cameras.root.glob("cam1/*.mp4")), file)
    vtrack("run", "--local", folder)
    packed = [event["tracking_codes"] for event in vtrack.json("events")]
    assert packed
    renamed = file.rename(folder / "20261102_090000.mp4")  # another start, if the name tells it
    vtrack("run", "--local", folder)
    assert [Path(video["path"]) for video in vtrack.json("videos")] == [renamed]
    assert [event["tracking_codes"] for event in vtrack.json("events")] == packed
    renamed.unlink()
    shutil.copy(max(two_cameras.root.glob("cam1/*.mp4")), folder / "20261103_100000.mp4")
    vtrack("run", "--local", folder)
    assert len(vtrack.json("videos")) == 2
    assert packed == [event["tracking_codes"] for event in vtrack.json("events")][: len(packed)]


def test_coverage_adds_up(finished: Vtrack) -> None:
    for video in finished.json("videos"):
        covered = video["examined_s"] + video["idle_s"] + video["unreadable_s"]
        assert covered == pytest.approx(video["duration_s"], abs=1e-3)
        assert video["idle_s"] > 0
        assert video["unreadable_s"] == 0
        assert set(video["seconds"]) == {"index", "coarse", "refine", "second_look"}


def test_events_are_chosen_by_every_option(finished: Vtrack) -> None:
    every = finished.json("events")
    coded = [event for event in every if event["tracking_codes"]]
    one, other = coded[0], coded[1]
    codes = [one["tracking_codes"][0].lower(), other["tracking_codes"][0]]
    by_code = finished.json("events", "--code", codes[0], "--code", codes[1])
    assert [event["event_id"] for event in by_code] == [one["event_id"], other["event_id"]]
    assert {event["camera_name"] for event in finished.json("events", "--camera", "cam2")} == {"cam2"}
    assert {event["status"] for event in finished.json("events", "--status", "no_code")} == {"no_code"}
    late = finished.json("events", "--since", every[-1]["started_at"])
    assert every[-1] in late
    assert finished.json("events", "--until", every[0]["started_at"]) == []
    rows = list(csv.reader(io.StringIO(finished("events", "--csv"))))
    assert len(rows) == len(every) + 1
    assert one["tracking_codes"][0] in finished("events")
    assert finished.json("events", "--code", f"  {codes[0]} ") == finished.json("events", "--code", codes[0])
    out, err = finished.both("events", "--code", "UNKNOWN1")
    assert "No events." in out
    assert "No event shows the code 'UNKNOWN1', nor one that it is a part of; a code is given whole" in err
    whole = one["tracking_codes"][0]
    out, err = finished.both("events", "--json", "--code", whole[2:-2].lower())
    assert json.loads(out) == []
    assert f"It is a part of: {whole}." in err
    out, err = finished.both("events", "--json", "--code", whole, "--camera", "cam9")
    assert json.loads(out) == []
    assert f"The code '{whole}' is known, but from no event that the other options choose." in err
    assert "There is no camera 'cam9'; known are: cam1, cam2." in err
    assert "There is no camera 'cam9'; known are: cam1, cam2." in finished.both("videos", "--camera", "cam9")[1]
    assert "is later than --until" in finished("events", "--since", "2026-11-02", "--until", "2026-11-01", status=2)
    assert "it is empty" in finished("events", "--code", " ", status=2)
    assert "no instant" in finished("events", "--since", "yesterday", status=2)


def test_bad_files_end_with_their_reasons_and_the_others_go_on(
    vtrack: Vtrack, two_cameras: Footage, tmp_path: Path
) -> None:
    good = min(two_cameras.root.glob("cam1/*.mp4"))
    table = tmp_path / "table"
    (table / "sub").mkdir(parents=True)
    shutil.copy(good, table / "good.mp4")
    shutil.copy(good, table / "sub" / "good.mp4")
    (table / "empty.mp4").touch()
    (table / "text.mp4").write_text("this is no video\n" * 100)
    (table / "cut.mp4").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    said = vtrack("run", "--local", table, status=1)
    assert "5 files: " in said
    assert "3 failed; 5 of them in this run" in said
    assert "sampling 5/5 files, 3 failed" in said, "the progress and the summary agree"
    videos = {Path(video["path"]).relative_to(table): video for video in vtrack.json("videos")}
    assert videos[Path("good.mp4")]["status"] == "done"
    assert videos[Path("sub/good.mp4")]["status"] in ("done", "no_activity")
    for name, word in (("empty.mp4", "empty"), ("text.mp4", "not a video"), ("cut.mp4", "cut off")):
        assert videos[Path(name)]["status"] == "failed"
        assert word in videos[Path(name)]["reason"]
        assert videos[Path(name)]["reason"] in said


def test_a_damaged_video_names_what_could_not_be_read(vtrack: Vtrack, tmp_path: Path) -> None:
    from tests.conftest import SMALL, rendered
    from vtrack_ray.render.order import Order, Packing, Recording

    footage = rendered(
        tmp_path / "mkv",
        Order(packing=Packing(events=2, event_s=(6, 8)), look=SMALL, recording=Recording(container="mkv")),
    )
    [video] = (footage.root / "cam1").glob("*.mkv")
    whole = video.stat().st_size
    os.truncate(video, whole * 2 // 3)
    said = vtrack("run", "--local", footage.root, status=1)
    [row] = vtrack.json("videos")
    assert row["status"] == "done"
    assert row["unreadable_s"] > 1
    assert row["reason"] in said
    assert row["examined_s"] + row["idle_s"] + row["unreadable_s"] == pytest.approx(row["duration_s"], abs=1e-3)


@pytest.mark.parametrize(
    "changed",
    ["crop=in_w-40:in_h-30:0:0,pad=in_w+40:in_h+30:40:30:gray", "scale=960:540", "scale=480:270"],
    ids=["the card was moved", "a sharper camera", "a coarser camera"],
)
def test_the_card_is_found_wherever_it_lies_in_each_video(
    vtrack: Vtrack, two_cameras: Footage, tmp_path: Path, changed: str
) -> None:
    first, second = sorted(two_cameras.root.glob("cam1/*.mp4"))
    table = tmp_path / "table"
    table.mkdir()
    shutil.copy(first, table / first.name)
    encoded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-g", "50")
    command = ("-i", second, "-vf", changed, "-map_metadata", "-1", *encoded, table / second.name)
    subprocess.run(["ffmpeg", "-v", "error", *command], check=True)
    vtrack("run", "--local", "--camera", "cam1", table)
    comparison = compare(two_cameras.truth, [*vtrack.json("events")])
    own = [pair for pair in comparison.pairs if pair.camera_name == "cam1"]
    assert len(own) == 3
    assert max(max(abs(pair.start_error_s), abs(pair.end_error_s)) for pair in own) <= 0.5
    assert [pair.found["tracking_codes"] for pair in own] == [list(pair.true.tracking_codes) for pair in own]


def test_recordings_whose_assumed_times_overlap_lose_nothing(
    vtrack: Vtrack, two_cameras: Footage, tmp_path: Path
) -> None:
    table = tmp_path / "table"
    table.mkdir()
    for number, file in enumerate(sorted(two_cameras.root.glob("*/*.mp4"))):
        copy = table / f"ch{number}.mkv"
        bare = ("-map_metadata", "-1", "-fflags", "+bitexact")
        subprocess.run(["ffmpeg", "-v", "error", "-i", file, "-c", "copy", *bare, copy], check=True)
        os.utime(copy, (1_760_000_000, 1_760_000_000))
    assert "The start times of 4 videos are only assumed" in vtrack("run", "--local", table)
    assert {video["start_basis"] for video in vtrack.json("videos")} == {"modified"}
    assert "start_basis" in vtrack("videos").splitlines()[0]
    codes = {code for event in vtrack.json("events") for code in event["tracking_codes"]}
    assert codes == {code for event in two_cameras.truth.events for code in event.tracking_codes}


def test_the_camera_that_a_request_names_stays_a_videos_camera(vtrack: Vtrack, two_cameras: Footage) -> None:
    file = min(two_cameras.root.glob("cam1/*.mp4"))
    vtrack("run", "--local", "--camera", "máy 7", file)
    vtrack("run", "--local", "--force", file)
    assert {event["camera_name"] for event in vtrack.json("events")} == {"máy 7"}
    assert "is known as a video of camera 'máy 7'" in vtrack("run", "--local", "--camera", "other", file, status=1)


def test_names_that_are_no_text(vtrack: Vtrack, two_cameras: Footage, tmp_path: Path) -> None:
    source = min(two_cameras.root.glob("cam1/*.mp4"))
    folder = tmp_path / os.fsdecode(b"cam\xff")
    folder.mkdir()
    for name in (b"v\xe9.mp4", b"esc\x1b[31m.mp4", b"new\nline.mp4"):
        shutil.copy(source, folder / os.fsdecode(name))
    vtrack("run", tmp_path)
    assert "\x1b" not in vtrack("videos")
    videos = vtrack.json("videos")
    assert {video["camera_name"] for video in videos} == {"cam\\xff"}
    assert {video["status"] for video in videos} == {"done", "no_activity"}, "copies are counted once"


def test_of_several_video_streams_the_default_one_counts(vtrack: Vtrack, two_cameras: Footage, tmp_path: Path) -> None:
    source = min(two_cameras.root.glob("cam1/*.mp4"))
    streams = ("-f", "lavfi", "-t", "20", "-i", "testsrc=s=320x180", "-map", "1:v", "-map", "0:v")
    marks = ("-disposition:v:0", "0", "-disposition:v:1", "default", "-c:v", "libx264", "-preset", "ultrafast")
    target = tmp_path / "table.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *streams, *marks, target], check=True)
    vtrack("run", "--local", target)
    [video] = vtrack.json("videos")
    assert (video["width"], video["status"]) == (TINY.width_px, "done")


def test_a_picture_size_that_changes_midway_is_told(vtrack: Vtrack, two_cameras: Footage, tmp_path: Path) -> None:
    source = min(two_cameras.root.glob("cam1/*.mp4"))
    parts = []
    for width in (640, 320):
        part = tmp_path / f"{width}.ts"
        scaled = ("-vf", f"scale={width}:-2", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50")
        subprocess.run(["ffmpeg", "-v", "error", "-i", source, *scaled, part], check=True)
        parts.append(f"file '{part}'\n")
    (tmp_path / "parts.txt").write_text("".join(parts))
    table = tmp_path / "table"
    table.mkdir()
    joined = ("-f", "concat", "-safe", "0", "-i", tmp_path / "parts.txt", "-c", "copy", table / "v.mkv")
    subprocess.run(["ffmpeg", "-v", "error", *joined], check=True)
    assert "pictures of 320x180 pixels" in vtrack("run", "--local", table, status=1)
    [video] = vtrack.json("videos")
    assert video["unreadable_s"] == pytest.approx(video["duration_s"] / 2, abs=0.5)


def test_a_path_that_does_not_exist_is_refused(vtrack: Vtrack, tmp_path: Path) -> None:
    assert "does not exist" in vtrack("run", "--local", tmp_path / "nowhere", status=1)


@pytest.mark.parametrize("where", [("--local",), ()])
def test_where_there_are_no_videos_nothing_is_begun(new_vtrack: Vtrack, tmp_path: Path, where: tuple[str, ...]) -> None:
    (tmp_path / "notes.txt").touch()
    said = new_vtrack("run", *where, tmp_path, status=1)
    assert f"There are no video files in {tmp_path}; folders are searched for .3gp" in said
    assert not new_vtrack.db.exists()
    assert not (new_vtrack.home / ".ray").exists(), "Ray was not started"


def test_before_the_first_run_the_commands_say_so(new_vtrack: Vtrack) -> None:
    assert "vtrack run" in new_vtrack("events", status=1)


def test_a_wrong_setting_is_refused_by_its_name(vtrack: Vtrack, tmp_path: Path) -> None:
    assert "BATCH_SIZE_MAX" in vtrack("run", "--local", "--set", "BATCH_SIZE_MAX=many", tmp_path, status=2)


def test_all_headers_are_read_however_few_files_are_taken_at_a_time(vtrack: Vtrack, tmp_path: Path) -> None:
    root = tmp_path / "cam1"
    root.mkdir()
    for number in range(5):
        (root / f"{number}.mp4").write_bytes(b"")
    vtrack("run", "--local", "--set", "QUEUE_LIMIT=2", root, status=1)
    assert [video["status"] for video in vtrack.json("videos")] == ["failed"] * 5
