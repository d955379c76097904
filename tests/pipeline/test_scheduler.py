"""The scheduler on real footage, with a real ledger, from files to events; only Ray is left out."""

from __future__ import annotations

import asyncio
import shutil
from datetime import time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import TINY, Footage, MadeOnce, Snapshot, rendered_once
from tests.pipeline.services import NOW, Clock, Service, in_a_loop, put, served, touch
from vtrack_ray.errors import ActorLost, ProgramError, SamplerLost, ToolMissing
from vtrack_ray.footage.probe import probe
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.filters import Filters
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.program import ProgramKind, ProgramRequest, ProgramState
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.pipeline import local, scanner
from vtrack_ray.pipeline.request import Request
from vtrack_ray.pipeline.stopwatch import Stopwatch
from vtrack_ray.render.order import Order, Packing, Recording
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import scan

DEFAULT, FIRST, CUSTOM = ProgramKind.DEFAULT, ProgramKind.FIRST, ProgramKind.CUSTOM
DONE, SKIPPED, PENDING, SAMPLING = VideoStatus.DONE, VideoStatus.SKIPPED, VideoStatus.PENDING, VideoStatus.SAMPLING

LATER = NOW + timedelta(days=500)
"""After all footage that others rendered."""
CLIPS_RATE = 5


def clip_of(made_once: MadeOnce, name: str, seed: int) -> Path:
    """A video of one packing, 10 s long, in which nothing tells when it was recorded but its name."""
    order = Order(
        seed=seed,
        packing=Packing(events=1, event_s=(6, 6.5), idle_s=(3, 3), before_s=2, after_s=2),
        look=TINY,
        recording=Recording(frame_rate=CLIPS_RATE, creation_time=False),
    )
    [path] = rendered_once(made_once, name, order).root.glob("*/*.mp4")
    return path


@pytest.fixture(scope="session")
def clip(made_once: MadeOnce) -> Path:
    return clip_of(made_once, "clip", 7)


@pytest.fixture(scope="session")
def another_clip(made_once: MadeOnce) -> Path:
    return clip_of(made_once, "another_clip", 8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    return folder


async def after_a_run(database: Path, *roots: Path) -> Snapshot:
    """The tables that `vtrack run --local` leaves."""
    await asyncio.to_thread(local.work_off, Request(paths=roots), Settings(DB=database), lambda _: None)
    with Ledger.open(database, read_only=True) as ledger:
        return ledger.snapshot()


def probed(ledger: Ledger, root: Path) -> str:
    """The only video there, as the ledger knows it once its header is read."""
    [file] = scan([root]).files
    ledger.register([file], NOW)
    ledger.set_header(file.video_id, probe(file, ZoneInfo("UTC")))
    return file.video_id


def statuses(service: Service) -> list[VideoStatus]:
    return [row.status for row in service.ledger.videos()]


async def ended_by_force(service: Service) -> None:
    """Ends it as its process's death does: nothing is given back."""
    service.serving.cancel()
    await asyncio.wait([service.serving])


async def held(service: Service, *parts: str) -> None:
    """Waits until jobs with these parts in their labels are held back."""
    await service.until(
        lambda: all(any(part in label for g in service.launcher.gates for label in g.waiting) for part in parts)
    )


@in_a_loop
async def test_default_takes_what_is_in_the_sources_and_leaves_the_tables_of_a_run(
    ledger: Ledger, clip: Path, root: Path, two_cameras: Footage, tmp_path: Path
) -> None:
    put(clip, root, 1, camera_name="cam3")
    async with served(ledger, two_cameras.root, root, clock=Clock(LATER)) as service:
        program = service.ask(DEFAULT)
        await service.until(service.is_idle)
        assert service.program(program).state is ProgramState.RUNNING, "Default goes on for whatever comes"
    assert ledger.snapshot() == await after_a_run(tmp_path / "run.duckdb", two_cameras.root, root)


@in_a_loop
async def test_nothing_is_done_before_a_program_is_asked_for(ledger: Ledger, clip: Path, root: Path) -> None:
    put(clip, root, 1)
    async with served(ledger, root) as service:
        await service.a_few_turns()
        assert service.ledger.videos() == []


@in_a_loop
async def test_first_run_skips_what_is_older_is_done_once_and_becomes_default(
    ledger: Ledger, clip: Path, root: Path
) -> None:
    young, middle, old = (put(clip, root, days) for days in (1, 2.9, 9))
    async with served(ledger, root) as service:
        first = service.ask(FIRST, days=3)
        await service.until(lambda: service.is_over(first))
        assert service.program(first).state is ProgramState.DONE
        assert [service.status(path) for path in (young, middle, old)] == [DONE, DONE, SKIPPED]
        assert service.video(old).skipped_by == "first_run"
        [default] = ledger.programs(unended=True)
        assert default.kind is DEFAULT
        with pytest.raises(ProgramError):
            service.ask(FIRST, days=30)
        # A late arrival is taken up whatever its date; what First Run left out stays so.
        late = put(clip, root, 20)
        service.clock.advance(900)
        await service.until(lambda: service.status(late) is DONE)
        assert service.status(old) is SKIPPED
        assert [row.attempt for row in ledger.videos()] == [1, 0, 1, 1]


@in_a_loop
async def test_first_run_is_not_done_before_its_failures_are_final(ledger: Ledger, clip: Path, root: Path) -> None:
    put(clip, root, 1)
    broken = put(clip, root, 2)
    broken.write_bytes(b"no video")
    touch(broken, NOW - timedelta(hours=1))
    async with served(ledger, root, RETRIES=1) as service:
        first = service.ask(FIRST, days=3)
        await service.until(lambda: ledger.counts()[DONE] == 1 and service.history(OccurrenceKind.RETRY))
        await service.a_few_turns()
        assert service.program(first).state is ProgramState.RUNNING
        service.clock.advance(60)
        await service.until(lambda: service.is_over(first))
        assert service.status(broken) is VideoStatus.FAILED


@in_a_loop
async def test_a_source_is_scanned_again_only_after_the_interval(ledger: Ledger, clip: Path, root: Path) -> None:
    put(clip, root, 1)
    async with served(ledger, root) as service:
        service.ask(DEFAULT)
        await service.until(service.is_idle)
        late = put(clip, root, 400)
        service.clock.advance(899)
        await service.a_few_turns()
        assert service.status(late) is None
        service.clock.advance(1)
        await service.until(lambda: service.status(late) is DONE)


@in_a_loop
async def test_custom_goes_first_and_is_subject_to_no_filter(
    ledger: Ledger, clip: Path, root: Path, tmp_path: Path
) -> None:
    for days in (1, 2, 3, 4):
        put(clip, root, days)
    elsewhere = tmp_path / "elsewhere"
    wanted = [put(clip, elsewhere, days, camera_name="cam9") for days in (500, 600)]
    ledger.save_filters(Filters(cameras=("cam1",), days=30), NOW)
    async with served(ledger, root, slots=1) as service:
        gate = service.launcher.close("sample:")
        default = service.ask(DEFAULT)
        await held(service, "sample:cam1")
        custom = service.ask(CUSTOM, custom_path=str(elsewhere))
        await service.until(lambda: ledger.profile("cam9"))
        gate.open()
        await service.until(lambda: service.is_over(custom))
        assert service.program(custom).state is ProgramState.DONE
        assert [service.status(path) for path in wanted] == [DONE, DONE]
        await service.until(lambda: len(service.history(OccurrenceKind.DONE)) == 6)
        assert service.program(default).state is ProgramState.RUNNING
        cameras = [one.camera_name for one in service.history(OccurrenceKind.DONE)]
        assert cameras[-2:] == ["cam1", "cam1"], "those under way may end before it, but no others"
        urgent = {job.label.partition("/")[0] for job in service.launcher.begun if job.is_urgent}
        assert urgent == {"scan:", "probe:cam9", "survey:cam9", "sample:cam9"}
        assert len(service.said(OccurrenceKind.SCAN)) == 2, "each place was scanned once"
        assert {row.program_id for row in ledger.videos()} == {None}


@in_a_loop
async def test_custom_does_not_wait_for_the_headers_of_others(
    ledger: Ledger, clip: Path, root: Path, tmp_path: Path
) -> None:
    put(clip, root, 1)
    wanted = put(clip, tmp_path / "elsewhere", 500, camera_name="cam9")
    ledger.save_filters(Filters(days=30), NOW)
    async with served(ledger, root) as service:
        gate = service.launcher.close("probe:cam1")
        service.ask(DEFAULT)
        await held(service, "probe:cam1")
        custom = service.ask(CUSTOM, custom_path=str(wanted), camera_name="cam9")
        await service.until(lambda: service.is_over(custom))
        assert service.status(wanted) is DONE
        assert gate.waiting


@in_a_loop
async def test_while_custom_goes_on_default_begins_nothing(
    ledger: Ledger, clip: Path, root: Path, tmp_path: Path
) -> None:
    for days in (1, 2, 3):
        put(clip, root, days)
    wanted = put(clip, tmp_path / "elsewhere", 500, camera_name="cam9")
    async with served(ledger, root, slots=4) as service:
        gate = service.launcher.close("sample:cam9")
        service.ask(CUSTOM, custom_path=str(wanted), camera_name="cam9")
        await held(service, "sample:cam9")
        service.ask(DEFAULT)
        await service.until(lambda: len(ledger.pending()) == 3)
        await service.a_few_turns()
        assert len(ledger.pending()) == 3
        gate.open()
        await service.until(service.is_idle)
    assert [row.camera_name for row in ledger.videos()] == ["cam1", "cam1", "cam1", "cam9"]


@in_a_loop
async def test_custom_takes_up_what_was_skipped_and_leaves_what_is_done(ledger: Ledger, clip: Path, root: Path) -> None:
    young, old = put(clip, root, 1), put(clip, root, 9)
    ledger.save_filters(Filters(days=3), NOW)
    async with served(ledger, root) as service:
        service.ask(DEFAULT)
        await service.until(service.is_idle)
        assert service.status(old) is SKIPPED
        custom = service.ask(CUSTOM, custom_path=str(root))
        await service.until(lambda: service.is_over(custom))
        assert statuses(service) == [DONE, DONE]
        assert [service.video(path).attempt for path in (young, old)] == [1, 1]
        forced = service.ask(CUSTOM, custom_path=str(young), is_forced=True)
        await service.until(lambda: service.is_over(forced))
        assert [service.video(path).attempt for path in (young, old)] == [2, 1]


@in_a_loop
async def test_custom_of_what_is_not_there_fails_with_a_sentence(ledger: Ledger, root: Path) -> None:
    async with served(ledger, root) as service:
        missing = service.ask(CUSTOM, custom_path=str(root / "nowhere"))
        await service.until(lambda: service.is_over(missing))
        ended = service.program(missing)
        assert ended.state is ProgramState.FAILED
        assert ended.reason == f"{root / 'nowhere'} does not exist; name a video file or a folder of them"
        empty = service.ask(CUSTOM, custom_path=str(root))
        await service.until(lambda: service.is_over(empty))
        ended = service.program(empty)
        assert (ended.state, ended.reason) == (ProgramState.FAILED, f"There are no video files in {root}")
        told = f"Custom of {root} is failed: {ended.reason}"
        await service.until(lambda: service.said(OccurrenceKind.PROGRAM)[-1] == told)


@in_a_loop
async def test_paused_it_ends_what_is_under_way_and_begins_nothing_until_it_goes_on(
    ledger: Ledger, clip: Path, root: Path
) -> None:
    for days in (1, 2, 3, 4, 5):
        put(clip, root, days)
    async with served(ledger, root, slots=1) as service:
        gate = service.launcher.close("sample:")
        service.ask(DEFAULT)
        await held(service, "sample:")
        await service.until(lambda: ledger.counts()[SAMPLING] == 2)
        ledger.order_pause(NOW, is_paused=True)
        await service.until(lambda: service.said(OccurrenceKind.PROGRAM)[-1] == "work is paused")
        gate.open()
        await service.until(lambda: ledger.counts()[DONE] == 2)
        await service.a_few_turns()
        assert sorted(row.attempt for row in ledger.videos()) == [0, 0, 0, 1, 1]
        ledger.order_pause(NOW, is_paused=False)
        await service.until(service.is_idle)
        assert statuses(service) == [DONE] * 5
        told = [text for text in service.said(OccurrenceKind.PROGRAM) if text.startswith("work ")]
        assert told == ["work is paused", "work goes on"]


@in_a_loop
async def test_stopped_nothing_is_left_being_sampled_and_it_goes_on_to_the_same_tables(
    ledger: Ledger, clip: Path, root: Path, tmp_path: Path
) -> None:
    for days in (1, 2, 3, 4, 5):
        put(clip, root, days)
    async with served(ledger, root, SPAN_SECONDS=5) as service:
        gate = service.launcher.close("@5")
        program = service.ask(DEFAULT)
        await held(service, "@5")
        ledger.stop_programs(NOW)
        service.scheduler.look()
        await service.until(lambda: "everything was stopped by request" in service.said(OccurrenceKind.PROGRAM))
        assert set(statuses(service)) == {PENDING}
        gate.open()
        await service.a_few_turns()
        assert set(statuses(service)) == {PENDING}, "nor is anything begun again"
        assert service.program(program).state is ProgramState.STOPPED
        service.ask(DEFAULT)
        await service.until(service.is_idle)
    await asyncio.to_thread(
        local.work_off,
        Request(paths=(root,)),
        Settings(DB=tmp_path / "run.duckdb", SPAN_SECONDS=5),
        lambda _: None,
    )
    with Ledger.open(tmp_path / "run.duckdb") as run:
        assert ledger.snapshot() == run.snapshot()


@in_a_loop
async def test_ended_in_the_middle_the_next_one_goes_on_to_the_same_tables(
    ledger: Ledger, two_cameras: Footage, tmp_path: Path
) -> None:
    async with served(ledger, two_cameras.root, clock=Clock(LATER), STOP_SECONDS=0) as service:
        service.launcher.close("sample:cam2")
        service.ask(DEFAULT)
        await held(service, "sample:cam2")
        await service.until(lambda: ledger.counts()[DONE])
        await service.end()
        assert ledger.counts()[SAMPLING] == 0
        assert ledger.counts()[PENDING] > 0
    async with served(ledger) as service:
        await service.until(service.is_idle)
    assert ledger.snapshot() == await after_a_run(tmp_path / "run.duckdb", two_cameras.root)


@in_a_loop
async def test_what_is_under_way_may_finish_when_it_is_ended(ledger: Ledger, clip: Path, root: Path) -> None:
    for days in (1, 2, 3, 4):
        put(clip, root, days)
    async with served(ledger, root, slots=1, STOP_SECONDS=600) as service:
        gate = service.launcher.close("sample:")
        service.ask(DEFAULT)
        await held(service, "sample:")
        await service.until(lambda: ledger.counts()[SAMPLING] == 2)
        service.scheduler.end()
        await service.a_few_turns()
        gate.open()
        await service.serving
    assert [ledger.counts()[status] for status in (DONE, PENDING)] == [2, 2]
    assert not [one for one in service.said(OccurrenceKind.PROGRAM) if one.startswith("work ")], "nor was it paused"


@in_a_loop
async def test_what_a_killed_service_left_claimed_is_taken_up_by_the_next(
    ledger: Ledger, clip: Path, root: Path
) -> None:
    path = put(clip, root, 1)
    assert ledger.claim_video(probed(ledger, root), NOW)
    ledger.request_program(ProgramRequest(kind=DEFAULT), NOW)
    async with served(ledger, root) as service:
        await service.until(service.is_idle)
        assert (service.status(path), service.video(path).attempt) == (DONE, 2)
        assert service.history(OccurrenceKind.SERVICE)[0].figures == {"given_back": 1}


@in_a_loop
async def test_filters_that_change_skip_what_waits_and_take_up_what_was_skipped(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtrack_ray.pipeline.admission._PAGE", 1)
    mine, theirs = put(clip, root, 1), put(clip, root, 1, camera_name="cam2")
    early = put(clip, root, 1.5)
    assert f"{NOW:%H}" == "03"
    async with served(ledger, root, TIME_ZONE="UTC") as service:
        ledger.save_filters(Filters(cameras=("cam1",), from_time=time(3), to_time=time(4)), NOW)
        service.ask(DEFAULT)
        await service.until(service.is_idle)
        assert [service.video(path).skipped_by for path in (mine, early, theirs)] == [None, "working_hours", "cameras"]
        ledger.save_filters(Filters(cameras=("cam1",)), NOW)
        await service.until(lambda: service.status(early) is DONE)
        assert service.status(theirs) is SKIPPED
        ledger.save_filters(Filters(), NOW)
        await service.until(lambda: service.status(theirs) is DONE)
        assert {row.skipped_by for row in ledger.videos()} == {None}
        assert {row.reason for row in ledger.videos()} == {None}


@in_a_loop
async def test_what_a_filter_refuses_is_not_begun_before_it_is_judged(ledger: Ledger, clip: Path, root: Path) -> None:
    put(clip, root, 1)
    ledger.save_filters(Filters(days=3), NOW)
    async with served(ledger, root) as service:
        service.ask(DEFAULT)
        await service.until(service.is_idle)
        # Its camera is known by now; the header of one file is read long before that of the other.
        old, slow = put(clip, root, 9), put(clip, root, 2)
        gate = service.launcher.close(f"probe:cam1/{slow.name}")
        service.clock.advance(900)
        await held(service, f"probe:cam1/{slow.name}")
        await service.until(lambda: service.video(old).started_at)
        await service.a_few_turns()
        gate.open()
        await service.until(service.is_idle)
        assert (service.status(old), service.video(old).attempt) == (SKIPPED, 0)
        assert service.status(slow) is DONE


@in_a_loop
async def test_a_file_that_is_no_video_is_tried_again_with_growing_pauses_and_then_given_up(
    ledger: Ledger, clip: Path, root: Path
) -> None:
    good, broken = put(clip, root, 1), root / "cam1" / "broken.mp4"
    broken.write_bytes(b"this is no video")
    touch(broken, NOW - timedelta(hours=1))
    async with served(ledger, root, RETRY_SECONDS=60, RETRIES=2, SCAN_INTERVAL_SECONDS=9999) as service:

        def has_failed(times: int) -> bool:
            return service.status(broken) is not None and service.video(broken).failures == times

        service.ask(DEFAULT)
        for failures, pause_s in enumerate((60, 300), start=1):
            await service.until(partial(has_failed, failures))
            assert service.video(broken).retry_at == service.clock() + timedelta(seconds=pause_s)
            service.clock.advance(pause_s - 1)
            await service.a_few_turns()
            assert (service.video(broken).failures, service.status(broken)) == (failures, PENDING)
            service.clock.advance(1)
        await service.until(service.is_idle)
        row = service.video(broken)
        assert (row.status, row.failures) == (VideoStatus.FAILED, 3)
        assert row.reason
        assert "is not a video that FFmpeg can read" in row.reason
        assert service.status(good) is DONE
        await service.until(lambda: service.history(OccurrenceKind.FAILED))
        told = [one.kind for one in service.history(OccurrenceKind.RETRY, OccurrenceKind.FAILED)]
        assert told == [OccurrenceKind.RETRY, OccurrenceKind.RETRY, OccurrenceKind.FAILED]


@in_a_loop
async def test_a_video_that_fails_while_it_is_sampled_is_tried_again(ledger: Ledger, clip: Path, root: Path) -> None:
    path = put(clip, root, 1)
    async with served(ledger, root, RETRIES=1) as service:
        gate = service.launcher.close("sample:")
        service.ask(DEFAULT)
        await held(service, "sample:")
        path.rename(path.with_suffix(".away"))
        gate.open()
        await service.until(lambda: service.history(OccurrenceKind.RETRY))
        assert (service.status(path), service.video(path).failures) == (PENDING, 1)
        path.with_suffix(".away").rename(path)
        service.clock.advance(60)
        await service.until(service.is_idle)
        row = service.video(path)
        assert (row.status, row.attempt, row.failures, row.reason) == (DONE, 2, 0, None)


def lost(*_: object, **__: object) -> None:
    """Stands for a machine that is gone: one that is really lost takes a cluster, as in test_launcher."""
    raise SamplerLost


@in_a_loop
async def test_a_video_whose_machine_is_lost_is_put_back_without_a_failure_a_few_times(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtrack_ray.pipeline.worker.sample_alone", lost)
    path = put(clip, root, 1)
    async with served(ledger, root, RETRIES=1, RETRY_SECONDS=60) as service:

        def was_put_back(times: int) -> bool:
            return len(service.history(OccurrenceKind.RETRY)) == times

        service.ask(DEFAULT)
        for attempt, failures in enumerate((0, 0, 0, 1), start=1):
            await service.until(partial(was_put_back, attempt))
            row = service.video(path)
            assert (row.status, row.attempt, row.failures) == (PENDING, attempt, failures)
            assert row.retry_at == service.clock() + timedelta(seconds=60 if failures else 5)
            service.clock.advance(60)
        await service.until(service.is_idle)
        assert (service.status(path), service.video(path).failures) == (VideoStatus.FAILED, 2)


@in_a_loop
async def test_a_video_that_ended_earlier_services_is_not_put_back_for_ever(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtrack_ray.pipeline.worker.sample_alone", lost)
    path = put(clip, root, 1)
    video_id = probed(ledger, root)
    for _ in range(3):
        assert ledger.claim_video(video_id, NOW)
        ledger.release_claims(are_lost=True)
    async with served(ledger, root, RETRIES=0) as service:
        service.ask(DEFAULT)
        await service.until(service.is_idle)
        assert (service.status(path), service.video(path).attempt) == (VideoStatus.FAILED, 4)


@in_a_loop
async def test_a_video_that_ends_each_service_is_given_up_and_those_beside_it_are_not(
    ledger: Ledger, clip: Path, root: Path
) -> None:
    guilty, *others = (put(clip, root, days) for days in (4, 3, 2))
    clock = Clock()
    ledger.request_program(ProgramRequest(kind=DEFAULT), NOW)
    for attempt in (1, 2, 3, 4):
        async with served(ledger, root, clock=clock, RETRIES=1, RETRY_SECONDS=60) as service:
            service.launcher.close("sample:")
            await held(service, guilty.name)
            await service.until(lambda: ledger.counts()[SAMPLING] == 3)
            assert {(row.attempt, row.failures) for row in ledger.videos()} == {(attempt, 0)}, "each may be innocent"
            await ended_by_force(service)
    async with served(ledger, root, clock=clock, RETRIES=1, RETRY_SECONDS=60) as service:
        gate = service.launcher.close(f"sample:cam1/{guilty.name}")
        await service.until(lambda: len(service.history(OccurrenceKind.RETRY)) == 3)
        while not gate.waiting:
            assert sum(status is SAMPLING for status in statuses(service)) <= 1, "one after the other"
            clock.advance(60)
            await service.until(lambda: all(row.retry_at is None or row.retry_at > clock() for row in ledger.videos()))
            await service.until(lambda: gate.waiting or not ledger.counts()[SAMPLING])
        await ended_by_force(service)
    async with served(ledger, root, clock=clock, RETRIES=1, RETRY_SECONDS=60) as service:
        clock.advance(180)
        await service.until(service.is_idle)
        row = service.video(guilty)
        assert (row.status, row.attempt, row.failures) == (VideoStatus.FAILED, 5, 2)
        assert row.reason == "the service was ended in the midst of it, and has been before; it may be the cause"
        assert [service.status(path) for path in others] == [DONE] * 2


@in_a_loop
async def test_services_that_end_in_good_order_are_held_against_no_video(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(clip, root, 1)
    ledger.request_program(ProgramRequest(kind=DEFAULT), NOW)
    for attempt in range(1, 7):
        async with served(ledger, root, RETRIES=0, STOP_SECONDS=0) as service:
            service.launcher.close("sample:")
            await held(service, path.name)
            await service.end()
        row = service.video(path)
        assert (row.status, row.attempt, row.failures) == (PENDING, attempt, 0)
    with monkeypatch.context() as patched:
        patched.setattr("vtrack_ray.pipeline.worker.sample_alone", lost)
        async with served(ledger, root, RETRIES=0) as service:
            await service.until(lambda: service.history(OccurrenceKind.RETRY))
            assert (service.status(path), service.video(path).failures) == (PENDING, 0), "nor beside a lost machine"
    async with served(ledger, root, RETRIES=0) as service:
        service.clock.advance(60)
        await service.until(service.is_idle)
        assert service.status(path) is DONE


@in_a_loop
async def test_what_ends_the_service_and_is_no_videos_fault_is_held_against_none(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(clip, root, 1)

    def missing(*_: object, **__: object) -> None:
        raise ToolMissing

    with monkeypatch.context() as patched:
        patched.setattr("vtrack_ray.pipeline.worker.sample_alone", missing)
        for _ in range(5):
            async with served(ledger, root, RETRIES=0) as service:
                service.ask(DEFAULT)
                with pytest.raises(ToolMissing):
                    await service.serving
    assert (service.status(path), service.video(path).failures) == (PENDING, 0)
    async with served(ledger, root, RETRIES=0) as service:
        await service.until(service.is_idle)
        assert service.status(path) is DONE


@in_a_loop
async def test_a_video_that_takes_too_long_is_stopped_with_what_was_reached_and_others_go_on(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_s = 0.0
    monkeypatch.setattr("vtrack_ray.pipeline.worker.Stopwatch", lambda: Stopwatch(lambda: work_s))
    monkeypatch.setattr("vtrack_ray.pipeline.time_limit._LOOK_S", 0.1)  # the watch is set by hand
    slow, *others = (put(clip, root, days) for days in (4, 3, 2, 1))
    async with served(ledger, root, SPAN_SECONDS=5) as service:
        service.launcher.close(f"sample:cam1/{slow.name}@5")
        service.ask(DEFAULT)
        await held(service, "@5")
        await service.until(lambda: ledger.counts()[DONE] == len(others))
        await service.until(lambda: len(ledger.logs([service.video(slow).video_id])[service.video(slow).video_id]))
        work_s = 900.0
        await service.until(service.is_idle)
        row = service.video(slow)
        assert row.status is VideoStatus.TIMEOUT
        [log] = ledger.logs([row.video_id])[row.video_id]
        reached = f"{log.span.duration_s:.1f} of {row.duration_s:.1f} s were sampled"
        assert row.reason == f"stopped after 900 s of work (TIMEOUT_SECONDS is 900); {reached}"
        assert service.launcher.gates[0].waiting == [], "the work on it has ended"
        assert [service.status(path) for path in others] == [DONE] * 3
        await service.until(lambda: service.history(OccurrenceKind.TIMEOUT))
        [told] = service.history(OccurrenceKind.TIMEOUT)
        assert told.video_id == row.video_id


@in_a_loop
async def test_a_stale_claim_of_somebody_else_goes_back(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtrack_ray.pipeline.scheduler._HOUSEKEEPING_S", 0.1)
    path = put(clip, root, 1)
    video_id = probed(ledger, root)
    async with served(ledger, root) as service:
        await service.until(lambda: service.history(OccurrenceKind.SERVICE))
        assert ledger.claim_video(video_id, NOW - timedelta(minutes=58))
        service.ask(DEFAULT)
        await service.a_few_turns()
        assert service.status(path) is SAMPLING
        service.clock.advance(61)
        await service.until(service.is_idle)
        assert (service.status(path), service.video(path).attempt) == (DONE, 2)
        assert service.said(OccurrenceKind.STALE) == [f"{path}: its claim was stale, and it waits again"]


@in_a_loop
async def test_its_own_stale_claim_is_given_back_and_done_again(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtrack_ray.pipeline.scheduler._HOUSEKEEPING_S", 0.1)
    path = put(clip, root, 1)
    async with served(ledger, root) as service:
        gate = service.launcher.close("sample:")
        service.ask(DEFAULT)
        await held(service, "sample:")
        service.clock.advance(59 * 60 + 1)
        await service.until(lambda: service.video(path).attempt == 2)
        gate.open()
        await service.until(service.is_idle)
        assert service.status(path) is DONE


@in_a_loop
async def test_old_history_is_forgotten(ledger: Ledger, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtrack_ray.pipeline.scheduler._HOUSEKEEPING_S", 0.1)
    async with served(ledger, root, HISTORY_DAYS=2) as service:
        await service.until(lambda: service.history(OccurrenceKind.SERVICE))
        service.clock.advance(2 * 86_400 + 1)
        await service.until(lambda: not service.history(OccurrenceKind.SERVICE))


@in_a_loop
async def test_a_profile_that_a_person_changes_has_the_cameras_videos_sampled_anew(
    ledger: Ledger, clip: Path, root: Path
) -> None:
    done, held_one = put(clip, root, 2), put(clip, root, 1)
    other = put(clip, root, 1, camera_name="cam2")
    async with served(ledger, root, slots=1) as service:
        gate = service.launcher.close(f"sample:cam1/{held_one.name}")
        service.ask(DEFAULT)
        await held(service, held_one.name)
        await service.until(lambda: service.status(done) is DONE)
        profile = ledger.profile("cam1")
        assert profile
        changed = profile.model_copy(update={"min_packing_s": 4.0, "origin": "person"})
        assert changed.digest != profile.digest
        ledger.save_profile(changed)
        await service.until(lambda: service.status(done) is not DONE)
        gate.open()
        await service.until(service.is_idle)
        for path in (done, held_one):
            assert (service.status(path), service.video(path).profile_digest) == (DONE, changed.digest)
            assert service.video(path).attempt == 2
        assert service.video(other).attempt == 1
        assert ledger.profile("cam1") == changed


@in_a_loop
async def test_a_profile_that_was_changed_while_no_service_ran_counts_at_the_next_start(
    ledger: Ledger, clip: Path, root: Path
) -> None:
    mine, other = put(clip, root, 1), put(clip, root, 1, camera_name="cam2")
    async with served(ledger, root) as service:
        service.ask(DEFAULT)
        await service.until(lambda: len(ledger.videos()) == 2 and service.is_idle())
    for camera_name in ("cam1", "cam2"):
        profile = ledger.profile(camera_name)
        assert profile
        ledger.save_profile(profile.model_copy(update={"min_packing_s": 4.0, "origin": "person"}))
    ledger.save_filters(Filters(cameras=("cam1",)), NOW)
    async with served(ledger, root) as service:
        await service.until(lambda: service.status(other) is SKIPPED)
        await service.until(lambda: service.status(mine) is DONE and service.video(mine).attempt == 2)
        assert service.video(other).attempt == 1, "what the filters refuse was sampled anew"


@in_a_loop
async def test_a_growing_file_is_left_until_it_is_stable(ledger: Ledger, clip: Path, root: Path) -> None:
    put(clip, root, 1)
    whole = clip.read_bytes()
    growing = root / "cam1" / "20251101T030000Z.mp4"

    def written(size: int, at_s: float) -> None:
        growing.write_bytes(whole[:size])
        touch(growing, NOW + timedelta(seconds=at_s))

    written(len(whole) // 2, -10)
    async with served(ledger, root, SETTLE_SECONDS=30) as service:
        service.ask(DEFAULT)
        await service.until(service.is_idle)
        assert service.history(OccurrenceKind.SCAN)[-1].figures["growing"] == 1
        written(len(whole), 25)
        service.clock.advance(30)
        assert (await service.scanned_again()).figures["growing"] == 1
        await service.a_few_turns()
        assert service.status(growing) is None
        service.clock.advance(30)
        await service.until(lambda: service.status(growing) is DONE)
        assert not service.history(OccurrenceKind.RETRY), "it was never read before it was whole"
        assert service.video(growing).size_bytes == len(whole)


@in_a_loop
async def test_a_replaced_file_takes_the_place_of_the_old_video(
    ledger: Ledger, clip: Path, another_clip: Path, root: Path, tmp_path: Path
) -> None:
    path = put(clip, root, 1)
    put(clip, root, 2)
    async with served(ledger, root) as service:
        service.ask(DEFAULT)
        await service.until(service.is_idle)
        before = service.video(path)
        shutil.copy(another_clip, path)
        touch(path, NOW)
        service.clock.advance(900)
        await service.until(lambda: service.video(path).video_id != before.video_id)
        await service.until(service.is_idle)
    after = ledger.snapshot()
    expected = await after_a_run(tmp_path / "run.duckdb", root)
    assert after == expected
    assert len(after["file_list"]) == 2


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_file_that_is_replaced_while_it_is_sampled_is_done_anew(
    ledger: Ledger, clip: Path, another_clip: Path, root: Path, tmp_path: Path, is_stopped: bool
) -> None:
    @in_a_loop
    async def story() -> None:
        path = put(clip, root, 1)
        async with served(ledger, root) as service:
            gate = service.launcher.close("sample:")
            service.ask(DEFAULT)
            await held(service, "sample:")
            before = service.video(path)
            shutil.copy(another_clip, path)
            touch(path, NOW)
            service.clock.advance(900)
            await service.until(lambda: service.video(path).video_id != before.video_id)
            if is_stopped:
                ledger.stop_programs(NOW)
                await service.until(lambda: "everything was stopped by request" in service.said(OccurrenceKind.PROGRAM))
                service.ask(DEFAULT)
            gate.open()
            await service.until(service.is_idle)
            await service.a_few_turns()
            assert [row.status for row in ledger.videos()] == [DONE]
            assert bool(service.history(OccurrenceKind.STALE)) is not is_stopped
        assert ledger.snapshot()["events"] == (await after_a_run(tmp_path / "run.duckdb", root))["events"]

    story()


@in_a_loop
async def test_a_file_that_is_replaced_and_takes_too_long_stops_nobody(
    ledger: Ledger, clip: Path, another_clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_s = 0.0
    monkeypatch.setattr("vtrack_ray.pipeline.worker.Stopwatch", lambda: Stopwatch(lambda: work_s))
    monkeypatch.setattr("vtrack_ray.pipeline.time_limit._LOOK_S", 0.1)  # the watch is set by hand
    path = put(clip, root, 1)
    async with served(ledger, root) as service:
        gate = service.launcher.close("sample:")
        service.ask(DEFAULT)
        await held(service, "sample:")
        before = service.video(path)
        shutil.copy(another_clip, path)
        touch(path, NOW)
        service.clock.advance(900)
        await service.until(lambda: service.video(path).video_id != before.video_id)
        await service.until(lambda: len(gate.waiting) == 2)
        work_s = 900.0
        await service.until(lambda: service.status(path) is VideoStatus.TIMEOUT)
        await service.until(lambda: not gate.waiting)
        await service.a_few_turns()


@in_a_loop
async def test_sources_are_added_and_removed_while_it_runs(
    ledger: Ledger, clip: Path, root: Path, tmp_path: Path
) -> None:
    first = put(clip, root, 1)
    other_root = tmp_path / "more recordings"
    second = put(clip, other_root, 2, camera_name="cam2")
    async with served(ledger, root) as service:
        service.ask(DEFAULT)
        await service.until(service.is_idle)
        ledger.add_root(str(other_root), NOW)
        await service.until(lambda: service.status(second) is DONE)  # at once: the clock stands still
        ledger.remove_root(str(root))
        await service.scanned_again()
        missed, found = put(clip, root, 3), put(clip, other_root, 4, camera_name="cam2")
        service.clock.advance(900)
        await service.until(lambda: service.status(found) is DONE)
        assert service.status(missed) is None
        assert service.status(first) is DONE, "what is known stays"


@in_a_loop
async def test_a_source_that_is_away_is_told_and_its_videos_stay(ledger: Ledger, clip: Path, tmp_path: Path) -> None:
    disk, here = tmp_path / "disk", tmp_path / "here"
    put(clip, disk, 1)
    put(clip, here, 1, camera_name="cam2")
    async with served(ledger, disk, here) as service:
        service.ask(DEFAULT)
        await service.until(service.is_idle)
        disk.rename(tmp_path / "unplugged")
        found = put(clip, here, 2, camera_name="cam2")
        service.clock.advance(900)
        await service.until(lambda: service.status(found) is DONE)
        told = f"{disk}: the source is not there, or empty; is its disk connected?"
        assert service.said(OccurrenceKind.TROUBLE) == [told]
        assert statuses(service) == [DONE] * 3


@in_a_loop
async def test_first_run_is_not_done_while_its_disk_is_away(ledger: Ledger, clip: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    async with served(ledger, disk) as service:
        first = service.ask(FIRST, days=3)
        await service.scanned_again()
        await service.a_few_turns()
        assert service.program(first).state is ProgramState.RUNNING
        path = put(clip, disk, 1)
        service.clock.advance(900)
        await service.until(lambda: service.is_over(first))
        assert service.status(path) is DONE


@in_a_loop
async def test_a_video_whose_disk_goes_away_waits_for_it(ledger: Ledger, clip: Path, tmp_path: Path) -> None:
    disk, away = tmp_path / "disk", tmp_path / "away"
    path = put(clip, disk, 1)
    async with served(ledger, disk, RETRIES=0) as service:
        gate = service.launcher.close("sample")
        service.ask(DEFAULT)
        await service.until(lambda: gate.waiting)
        disk.rename(away)
        gate.open()
        await service.until(lambda: service.video(path).reason == f"{disk} is not there")
        assert service.status(path) is PENDING
        assert service.video(path).failures == 0
        away.rename(disk)
        service.clock.advance(60)
        await service.until(lambda: service.status(path) is DONE)


@in_a_loop
async def test_a_video_whose_disk_hangs_waits_for_it(
    ledger: Ledger, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtrack_ray.pipeline.look._LIMIT_S", 0.1)
    disk, away = tmp_path / "disk", tmp_path / "away"
    path = put(clip, disk, 1)
    async with served(ledger, disk, RETRIES=0) as service:
        gate, hangs = service.launcher.close("sample"), service.launcher.close("look at")
        service.ask(DEFAULT)
        await service.until(lambda: gate.waiting)
        disk.rename(away)
        gate.open()
        await service.until(lambda: service.video(path).reason == f"{disk} does not answer")
        assert (service.status(path), service.video(path).failures) == (PENDING, 0)
        hangs.open()
        away.rename(disk)
        service.clock.advance(60)
        await service.until(lambda: service.status(path) is DONE)


@in_a_loop
async def test_what_failed_as_its_file_was_out_of_reach_is_taken_up_when_a_scan_sees_it_again(
    ledger: Ledger, clip: Path, root: Path
) -> None:
    path, broken = put(clip, root, 1), put(clip, root, 2)
    broken.write_bytes(b"no video")
    touch(broken, NOW - timedelta(hours=1))
    async with served(ledger, root, RETRIES=0) as service:
        gate = service.launcher.close("sample:")
        service.ask(DEFAULT)
        await held(service, "sample:")
        path.rename(root / "away")
        gate.open()
        await service.until(service.is_idle)
        assert statuses(service) == [VideoStatus.FAILED] * 2
        service.clock.advance(900)
        await service.scanned_again()
        await service.a_few_turns()
        assert statuses(service) == [VideoStatus.FAILED] * 2
        (root / "away").rename(path)
        service.clock.advance(900)
        await service.until(lambda: service.status(path) is DONE)
        assert (service.video(path).attempt, service.video(path).failures) == (2, 0)
        assert (service.status(broken), service.video(broken).failures) == (VideoStatus.FAILED, 1)


@in_a_loop
async def test_a_scan_that_fails_fails_its_program_and_no_other(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(clip, root, 1)

    def broken(*_: object) -> None:
        raise OSError("the drive does not answer")

    async with served(ledger, root) as service:
        monkeypatch.setattr(scanner, "scan", broken)
        custom = service.ask(CUSTOM, custom_path=str(root))
        await service.until(lambda: service.is_over(custom))
        assert service.program(custom).reason == "the drive does not answer"
        monkeypatch.setattr(scanner, "scan_sources", broken)
        service.ask(DEFAULT)
        await service.until(lambda: service.history(OccurrenceKind.TROUBLE))
        assert service.said(OccurrenceKind.TROUBLE) == ["the sources could not be scanned: the drive does not answer"]
        monkeypatch.undo()
        service.clock.advance(900)
        await service.until(lambda: service.status(path) is DONE)


@in_a_loop
async def test_what_is_stopped_just_when_it_is_done_stays_done(ledger: Ledger, clip: Path, root: Path) -> None:
    path = put(clip, root, 1)
    async with served(ledger, root) as service:
        sampling = service.launcher.close("sample:")
        service.ask(DEFAULT)
        await held(service, "sample:")
        gate = service.store.close("conclude_videos()")
        sampling.open()
        await service.until(lambda: gate.waiting)
        assert service.status(path) is DONE
        ledger.stop_programs(NOW)
        await service.until(lambda: "everything was stopped by request" in service.said(OccurrenceKind.PROGRAM))
        await service.a_few_turns()
        assert service.status(path) is DONE


@in_a_loop
async def test_what_is_claimed_just_when_all_is_stopped_goes_back(ledger: Ledger, clip: Path, root: Path) -> None:
    path = put(clip, root, 1)
    async with served(ledger, root) as service:
        gate = service.store.close("claim_videos()")
        service.ask(DEFAULT)
        await service.until(lambda: gate.waiting and service.status(path) is SAMPLING)
        ledger.stop_programs(NOW)
        await service.until(lambda: "everything was stopped by request" in service.said(OccurrenceKind.PROGRAM))
        gate.open()
        await service.a_few_turns()
        assert service.status(path) is PENDING
        assert not [job for job in service.launcher.begun if job.label.startswith("sample")]
        service.ask(DEFAULT)
        await service.until(lambda: service.status(path) is DONE)


@in_a_loop
async def test_without_its_ledger_it_ends_with_that_one_error(
    ledger: Ledger, clip: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(clip, root, 1)

    def lost(*_: object) -> None:
        raise ActorLost

    async with served(ledger, root) as service:
        monkeypatch.setattr(Ledger, "log_span", lost)
        service.ask(DEFAULT)
        with pytest.raises(ActorLost):
            await service.serving


@in_a_loop
async def test_cameras_are_known_again_by_the_next_service(ledger: Ledger, clip: Path, root: Path) -> None:
    """What has its header already is taken up without a scan that finds anything new."""
    path = put(clip, root, 1)
    async with served(ledger, root, STOP_SECONDS=0) as service:
        service.launcher.close("sample:")
        service.ask(DEFAULT)
        await held(service, "sample:")
        await service.end()
    async with served(ledger, clock=Clock(NOW + timedelta(seconds=5))) as service:
        await service.until(service.is_idle)
        assert service.status(path) is DONE
        assert not [job for job in service.launcher.begun if job.label.startswith("probe")]
