"""Clips: each event's at Google Drive once, found by its codes, and whatever can't be cut holding up nothing else."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MadeOnce, Vtrack
from tests.drive import faults
from tests.drive.contents import Item
from tests.drive.shop import Killed, Mortal, Opening, Shop
from tests.ledger.examples import MINUTE, NOON, claimed, conclusion, event, refolded
from tests.pipeline.services import in_a_loop, served
from vtrack_ray.footage.origin import cache_folder
from vtrack_ray.meaning.drive_item import DriveItem, ItemKind, source_of, video_path
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.clips import A_ROUND, AGAIN
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import LocalLauncher
from vtrack_ray.pipeline.scratch import scratch_folder

FOLDER = "clips 2026-11-01"
SECOND = 1 / 60


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def filmed(folder: Path, source: str, **options: str) -> None:
    """A minute with a keyframe a second."""
    encoder = {"c:v": "libx264", "preset": "ultrafast", "g": "10", **options}
    words = [word for name, value in encoder.items() for word in (f"-{name}", value)]
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", *words]
    subprocess.run([*command, folder / "a.mp4"], check=True)


@pytest.fixture(scope="session")
def recording(made_once: MadeOnce) -> Path:
    return made_once("minute", lambda at: filmed(at, "testsrc=size=160x120:rate=10:duration=60")) / "a.mp4"


@pytest.fixture(scope="session")
def heavy_recording(made_once: MadeOnce) -> Path:
    """Of which half a minute is more than one part of an upload."""
    noise = "color=size=320x240:rate=10:duration=60,noise=alls=100:allf=t"
    return made_once("heavy_minute", lambda at: filmed(at, noise, qp="8")) / "a.mp4"


Camera = Callable[..., str]


@pytest.fixture
def camera(shop: Shop, recording: Path, tmp_path: Path) -> Camera:
    """Records a minute into a file of that name, and tells the video's identity."""

    def record(name: str = "a.mp4", minute: float = 0, source: Path = recording, camera_name: str = "cam1") -> str:
        return shop.record(on_disk(tmp_path / "rec", name, source, camera_name), minute)

    return record


def on_disk(root: Path, name: str, source: Path, camera_name: str = "cam1") -> FoundFile:
    path = root / camera_name / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.hardlink_to(source)
    told = path.stat()
    return FoundFile(
        source=str(root),
        path=str(path),
        camera_name=camera_name,
        size_bytes=told.st_size,
        modified_ns=told.st_mtime_ns,
    )


def pack(shop: Shop, *events: Event) -> None:
    """These are the events of their camera."""
    shop.ledger.replace_events(refolded(*events, camera_name=events[0].camera_name if events else "cam1"))


def seconds_of(item: Item, tmp_path: Path) -> float:
    """How long a player shows it."""
    assert isinstance(item.content, bytes)
    path = tmp_path / "played.mp4"
    path.write_bytes(item.content)
    asked = ["-v", "error", "-select_streams", "v:0", "-show_entries", "format=duration:stream=codec_name"]
    told = subprocess.run(["ffprobe", *asked, "-of", "csv=p=0", path], check=True, capture_output=True, text=True)
    codec, duration_s = told.stdout.split()
    assert codec == "h264"
    subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", path, "-f", "null", "-"], check=True)
    return float(duration_s)


def troubles(shop: Shop) -> list[str]:
    return [one.text for one in shop.ledger.history() if one.kind is OccurrenceKind.TROUBLE]


def test_they_are_off_until_they_are_asked_for(shop: Shop, camera: Camera) -> None:
    pack(shop, event(0.25, camera()))
    asked = len(shop.google.requests)
    assert shop.send_clips() == 0
    assert len(shop.google.requests) == asked, "Google is asked for nothing"


def test_a_clip_goes_to_its_day_s_folder_under_its_code_and_plays(shop: Shop, camera: Camera, tmp_path: Path) -> None:
    shop.want_clips()
    pack(shop, event(0.25, camera()))
    waiting = claimed(shop.ledger, "b.mp4")
    assert shop.send_clips() == 0, "its day is not whole"
    shop.ledger.conclude(waiting.video.video_id, waiting.attempt, conclusion(), refolded(camera_name="other"))
    assert shop.send_clips() == 1
    assert shop.names() == [FOLDER]
    [clip] = shop.clips()
    assert (clip.name, clip.mime_type) == ("SPX00000001 19.00.15 cam1.mp4", "video/mp4")
    assert seconds_of(clip, tmp_path) == pytest.approx(20 + 2 * 3, abs=1.1), "from a keyframe on"
    asked = len(shop.google.requests)
    assert shop.send_clips() == 0
    assert len(shop.google.requests) == asked, "Google is asked for nothing"
    assert list(scratch_folder().iterdir()) == []
    counts = shop.ledger.clip_counts()
    assert (counts.sent, counts.last_sent_at, counts.failed) == (1, NOON, 0)


def test_an_event_across_two_videos_has_one_clip_of_both(shop: Shop, camera: Camera, tmp_path: Path) -> None:
    shop.want_clips()
    pack(shop, event(50 * SECOND, camera(), camera("b.mp4", 1)))
    assert shop.send_clips() == 1
    assert seconds_of(shop.clips()[0], tmp_path) == pytest.approx(26, abs=1.1)


def test_names_tell_events_apart_as_people_do(shop: Shop, camera: Camera) -> None:
    shop.want_clips()
    video, long = camera(), "L" * 300
    pack(
        shop,
        event(0.1, video),
        event(0.2, video),
        event(0.3, video, codes=("GHN1234567", "SPX00000001")),
        event(0.4, video, codes=()),
        event(0.5, video, codes=('A/B:*?"<>|\n',)),
        event(0.6, video, codes=(long, long + "2")),
    )
    assert shop.send_clips() == 6
    assert shop.clip_names() == sorted(
        [
            "SPX00000001 19.00.06 cam1.mp4",
            "SPX00000001 19.00.12 cam1.mp4",
            "GHN1234567 SPX00000001 19.00.18 cam1.mp4",
            "no code 19.00.24 cam1.mp4",
            "A_B________ 19.00.30 cam1.mp4",
            f"{'L' * 117}... +1 19.00.36 cam1.mp4",
        ]
    )
    assert shop.send_clips() == 0


def test_the_same_code_at_the_same_second_at_two_tables_is_two_clips(shop: Shop, camera: Camera) -> None:
    shop.want_clips()
    for name in ("cam1", "bàn 2"):
        pack(shop, event(0.25, camera(camera_name=name), camera_name=name))
    assert shop.send_clips() == 2
    assert shop.clip_names() == ["SPX00000001 19.00.15 bàn 2.mp4", "SPX00000001 19.00.15 cam1.mp4"]


class Hanging(LocalLauncher):
    """Never ends with a recording of that name, as where its disk does not answer."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._label = f"clip:cam1/{name}"

    async def run(self, job: Job, *function_and_arguments: Any, **rest: Any) -> Any:
        if job.label == self._label:
            with job.watch.running():
                await asyncio.Event().wait()
        return await super().run(job, *function_and_arguments, **rest)


def test_a_recording_whose_disk_hangs_holds_up_no_other_clip(shop: Shop, camera: Camera) -> None:
    shop.want_clips()
    shop.settings = shop.settings.model_copy(update={"TIMEOUT_SECONDS": 0.1})
    pack(shop, event(0.1, camera()), event(1.1, camera("b.mp4", 1)))
    assert shop.send_clips(launcher=Hanging("b.mp4")) == 1
    assert shop.clip_names() == ["SPX00000001 19.00.06 cam1.mp4"]
    [told] = troubles(shop)
    assert "stopped after 0 s of work" in told


@pytest.mark.parametrize("at", ["reserve_results", "reserve_clips", "record_result", "record_clip"])
def test_each_is_there_once_wherever_it_was_interrupted(shop: Shop, camera: Camera, at: str) -> None:
    shop.want_clips()
    pack(shop, event(0.25, camera()))
    with pytest.raises(Killed):
        shop.send_clips(Mortal(shop.ledger, at))
    shop.send_clips()
    assert shop.names() == [FOLDER]
    assert len(shop.clips()) == 1
    assert shop.uploads() == 1, "nothing is sent twice"
    assert shop.send_clips() == 0
    assert list(scratch_folder().iterdir()) == []


@pytest.mark.parametrize("fault", [faults.Cut(0), faults.Drop(300_000)], ids=str)
def test_a_clip_of_several_parts_arrives_whole_whatever_is_cut(
    shop: Shop, camera: Camera, heavy_recording: Path, tmp_path: Path, fault: faults.Fault
) -> None:
    shop.want_clips()
    pack(shop, event(0.25, camera(source=heavy_recording)))
    shop.google.faults.on(fault, method="PUT", path="/upload/")
    if not isinstance(fault, faults.Drop):
        shop.google.faults.on(fault, method="POST", path="/upload/")
        shop.google.faults.on(fault, method="POST", path="/drive/v3/files")
    assert shop.send_clips() == 1
    [clip] = shop.clips()
    assert clip.size > 8 * 2**20
    assert seconds_of(clip, tmp_path) == pytest.approx(26, abs=1.1)


def test_killed_while_it_sends_it_sends_each_once(
    shop: Shop, camera: Camera, vtrack: Vtrack, heavy_recording: Path
) -> None:
    shop.want_clips()
    pack(shop, event(0.25, camera("heavy.mp4", source=heavy_recording)), event(0.5, camera()))
    shop.ledger.close()
    environment = ("--db", shop.settings.DB, "--set", f"DRIVE_ENDPOINT={shop.google.address}")
    # Two files of events, the later clip, and a part of the other one come; the next part takes long.
    shop.google.faults.on(faults.Slow(0.0), times=4, method="PUT", path="/upload/")
    shop.google.faults.on(faults.Slow(2.0), method="PUT", path="/upload/")
    with vtrack.start("drive", "send", *environment) as process:
        while len(shop.google.asked("PUT", "/upload/")) < 5:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.kill()
    assert shop.clip_names() == ["SPX00000001 19.00.30 cam1.mp4"]
    left = [*scratch_folder().iterdir()]
    assert len(left) == 1, "what it was cutting"
    vtrack("drive", "send", *environment)
    assert shop.clip_names() == ["SPX00000001 19.00.15 cam1.mp4", "SPX00000001 19.00.30 cam1.mp4"]
    assert not [*scratch_folder().iterdir()], "what the killed one has left is removed"
    assert vtrack("drive", "send", *environment).startswith("Nothing is due")


@pytest.mark.parametrize("done", ["changed", "trashed", "deleted"])
def test_a_clip_that_somebody_has_made_their_own_is_let_be(shop: Shop, camera: Camera, done: str) -> None:
    shop.want_clips()
    video = camera()
    pack(shop, event(0.25, video))
    shop.send_clips()
    [theirs] = shop.clips()
    shop.make_own(theirs.id, done, b"cut shorter")
    assert shop.send_clips() == 0, "what was sent is done with"
    pack(shop, event(0.25, video, codes=("OTHER0001",)))
    assert shop.send_clips() == 0
    assert shop.send_clips() == 1, "a new file takes its place"
    assert [item.name for item in shop.clips() if item is not theirs] == ["OTHER0001 19.00.15 cam1.mp4"]
    if done == "changed":
        assert (theirs.content, theirs.name) == (b"cut shorter", "SPX00000001 19.00.15 cam1.mp4")
    assert shop.send_clips() == 0


def test_a_changed_event_s_clip_is_replaced(shop: Shop, camera: Camera, tmp_path: Path) -> None:
    shop.want_clips()
    video = camera()
    pack(shop, event(0.25, video))
    shop.send_clips()
    [clip] = shop.clips()
    longer = replace(event(0.25, video), ended_at=NOON + 0.75 * MINUTE)
    pack(shop, longer)
    assert shop.send_clips() == 1
    assert shop.clips() == [clip], "the same file"
    assert seconds_of(clip, tmp_path) == pytest.approx(36, abs=1.1)
    uploads = shop.uploads()
    pack(shop, replace(longer, sights=event(0.25, video, codes=("OTHER0001",)).sights))
    assert shop.send_clips() == 1
    assert shop.clips() == [clip]
    assert clip.name == "OTHER0001 19.00.15 cam1.mp4"
    assert shop.uploads() == uploads, "the same pictures are not sent again"
    shop.google.contents.rename(clip.id, "for Mrs Lan.mp4")
    pack(shop, event(0.25, video))
    assert shop.send_clips() == 1
    assert clip.name == "for Mrs Lan.mp4", "a person's name for it stays"


def test_an_event_that_begins_otherwise_takes_over_the_clip(shop: Shop, camera: Camera) -> None:
    shop.want_clips()
    video = camera()
    pack(shop, event(0.25, video), event(0.6, video))
    shop.send_clips()
    first, second = shop.clips()
    pack(shop, event(0.2, video), event(0.6, video))
    assert shop.send_clips() == 1
    assert shop.clips() == [first, second]
    assert first.name == "SPX00000001 19.00.12 cam1.mp4"
    assert shop.send_clips() == 0


def test_the_clip_of_an_event_that_is_no_more_stays(shop: Shop, camera: Camera) -> None:
    shop.want_clips()
    video = camera()
    pack(shop, event(0.25, video))
    shop.send_clips()
    clips = shop.clips()
    pack(shop)
    assert shop.send_clips() == 0
    assert shop.clips() == clips
    pack(shop, event(0.25, video))
    assert shop.send_clips() == 0, "and it is known again"


def test_what_is_gone_is_told_once_and_tried_again_and_holds_up_nothing(
    shop: Shop, camera: Camera, recording: Path, tmp_path: Path
) -> None:
    shop.want_clips()
    gone = camera("gone.mp4", 1)
    (tmp_path / "rec" / "cam1" / "gone.mp4").unlink()
    pack(shop, event(0.25, camera()), event(1.1, gone), event(1.2, gone), event(1.3, gone, codes=()))
    assert shop.send_clips() == 1
    assert shop.clip_names() == ["SPX00000001 19.00.15 cam1.mp4"]
    [told] = troubles(shop)
    assert told.startswith("the clips of 3 events could not be sent, which is tried again every 6 hours")
    assert told.count("gone.mp4 is not there any more") == 1
    assert shop.ledger.clip_counts().failed == 3
    asked = len(shop.google.requests)
    assert shop.send_clips() == 0
    assert len(shop.google.requests) == asked, "it is let be for some hours"
    shop.now += AGAIN + timedelta(minutes=1)
    assert shop.send_clips() == 0
    assert len(troubles(shop)) == 1
    (tmp_path / "rec" / "cam1" / "gone.mp4").hardlink_to(recording)
    shop.now += AGAIN + timedelta(minutes=1)
    assert shop.send_clips() == 3
    assert shop.ledger.clip_counts().failed == 0


def test_neither_what_is_broken_nor_what_goes_on_for_hours_holds_up_the_rest(
    shop: Shop, camera: Camera, tmp_path: Path
) -> None:
    shop.want_clips()
    (tmp_path / "broken").write_bytes(b"nothing")
    broken, video = camera("broken.mp4", 1, source=tmp_path / "broken"), camera()
    endless = replace(event(1.5, video), ended_at=NOON + timedelta(hours=3))
    pack(shop, event(0.25, video), event(1.1, broken), endless)
    assert shop.send_clips() == 1
    [told] = troubles(shop)
    assert "the clips of 2 events could not be sent" in told
    assert "more than 30 minutes" in told
    assert "broken.mp4 is not a video" in told


def test_of_many_a_round_tries_some_the_latest_first(shop: Shop, camera: Camera, tmp_path: Path) -> None:
    shop.want_clips()
    gone = [camera(f"{number}.mp4", 2 + number) for number in range(A_ROUND - 1)]
    for path in (tmp_path / "rec" / "cam1").iterdir():
        path.unlink()
    video = camera()
    lost = [event(2 + number + part, name) for number, name in enumerate(gone) for part in (0.1, 0.3, 0.5)]
    pack(shop, event(0.1, video), event(0.3, video), *lost)
    assert shop.send_clips() == 1
    assert shop.clip_names() == ["SPX00000001 19.00.18 cam1.mp4"]
    assert shop.send_clips() == 1
    [told] = troubles(shop)
    assert told.startswith(f"the clips of {len(lost)} events could not be sent")


def test_a_folder_that_was_thrown_away_is_made_again_for_new_clips_alone(shop: Shop, camera: Camera) -> None:
    shop.want_clips()
    video = camera()
    pack(shop, event(0.25, video))
    shop.send_clips()
    [folder] = shop.files()
    shop.google.contents.trash(folder.id)
    assert shop.send_clips() == 0
    pack(shop, event(0.25, video), event(0.6, video))
    assert (shop.send_clips(), shop.send_clips()) == (0, 1)
    assert shop.names() == [FOLDER, FOLDER]
    assert shop.clip_names() == ["SPX00000001 19.00.15 cam1.mp4", "SPX00000001 19.00.36 cam1.mp4"]


def test_a_database_that_has_lost_count_finds_its_clips_and_cuts_none(
    shop: Shop, camera: Camera, opened: Opening, tmp_path: Path
) -> None:
    shop.want_clips()
    pack(shop, event(0.25, camera()))
    shop.send_clips()
    clips = shop.clips()
    with shop.ledger._changing() as transaction:  # as in a backup from before they were sent
        transaction.run("forget_clips")
        transaction.run("forget_results")
    (tmp_path / "rec" / "cam1" / "a.mp4").unlink()
    assert shop.send_clips() == 0
    assert (shop.clips(), shop.names(), troubles(shop)) == (clips, [FOLDER], [])
    assert shop.ledger.clip_counts().sent == 1


def test_clips_are_cut_of_recordings_at_drive(shop: Shop, recording: Path, tmp_path: Path) -> None:
    shop.want_clips()
    contents = shop.google.contents
    root = contents.folder("Shop")
    item_id = contents.file("a.mp4", contents.folder("cam1", root), recording)
    item = contents.items[item_id]
    found = DriveItem(item_id=item_id, parent_id=root, name="a.mp4", kind=ItemKind.VIDEO, md5=item.md5)
    file = FoundFile(
        source=source_of(root),
        path=video_path(found, "Shop/cam1"),
        camera_name="cam1",
        size_bytes=item.size,
        modified_ns=1,
    )
    pack(shop, event(0.25, shop.record(file)))
    assert shop.send_clips() == 1
    assert seconds_of(shop.clips()[0], tmp_path) == pytest.approx(26, abs=1.1)
    assert cache_folder().is_relative_to(tmp_path)


@in_a_loop
async def _serve(shop: Shop) -> None:
    async with served(shop.ledger, DRIVE_ENDPOINT=shop.google.address, DRIVE_RESULTS_MINUTES=1) as service:
        await service.until(lambda: len(service.said(OccurrenceKind.RESULTS)) == 2)
        assert service.said(OccurrenceKind.RESULTS) == [
            "2 files of events were sent to Google Drive",
            "1 clips of events were sent to Google Drive",
        ]
        [trouble] = service.said(OccurrenceKind.TROUBLE)
        assert trouble.startswith("the clip of an event could not be sent")


def test_the_service_sends_them_and_tells_what_it_can_t(shop: Shop, camera: Camera) -> None:
    shop.want_clips()
    pack(shop, event(0.25, camera()), event(0.6, "gone"))
    _serve(shop)
    assert len(shop.clips()) == 1
