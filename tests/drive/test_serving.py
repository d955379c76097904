"""The scheduler with sources at Google Drive: what changes there is followed, and faults end with a reason."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MadeOnce, copied
from tests.drive import faults
from tests.drive.server import Google
from tests.drive.sources import a_source, signed_in
from tests.pipeline.services import NOW, Clock, Service, in_a_loop, put, served
from tests.pipeline.test_scheduler import clip_of
from vtrack_ray.drive.account import Account
from vtrack_ray.footage.origin import cache_folder
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import VideoRow
from vtrack_ray.meaning.drive_item import DriveTree
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.program import ProgramKind, ProgramState
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.sources.drive import look

DEFAULT = ProgramKind.DEFAULT
DONE, FAILED, PENDING = VideoStatus.DONE, VideoStatus.FAILED, VideoStatus.PENDING


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def clip(made_once: MadeOnce) -> Path:
    return clip_of(made_once, "clip", 7)


@pytest.fixture
def ledger(empty_database: Path, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(copied(empty_database, tmp_path / "vtrack.duckdb")) as opened:
        yield opened


@pytest.fixture
def shop(google: Google) -> str:
    return google.contents.folder("Shop")


Serve = Callable[..., Any]


@pytest.fixture
def serve(google: Google, robot: Account, ledger: Ledger, shop: str) -> Serve:
    """A service whose source is the shop's folder, and perhaps folders on the disk."""

    @asynccontextmanager
    async def drive_served(*roots: Path, clock: Clock | None = None, **more: Any) -> AsyncIterator[Service]:
        given = signed_in(ledger.path, google, robot)
        source = a_source(google, shop)
        ledger.add_root(source.source, NOW, source.kind, source.title)
        wanted = {name: getattr(given, name) for name in ("DRIVE_ENDPOINT", "DRIVE_RETRY_SECONDS")}
        async with served(ledger, *roots, clock=clock, **{**wanted, "RETRY_SECONDS": 60, **more}) as service:
            service.ask(DEFAULT)
            yield service

    return drive_served


def rows(service: Service) -> list[VideoRow]:
    return service.ledger.videos()


@in_a_loop
async def test_what_is_renamed_moved_and_replaced_is_followed(
    serve: Serve,
    google: Google,
    shop: str,
    clip: Path,
    made_once: MadeOnce,
) -> None:
    contents = google.contents
    video = contents.file("20251101T010000Z.mp4", contents.folder("cam1", shop), clip)
    async with serve() as service:
        await service.until(service.is_idle)
        [source] = service.ledger.added_sources()
        assert (source.trouble, source.looked_at) == (None, service.clock())
        [before] = rows(service)
        [event] = service.ledger.events()
        contents.rename(video, "20251101T010000Z again.mp4")
        await later(service)
        [renamed] = rows(service)
        assert (renamed.video_id, renamed.attempt) == (before.video_id, before.attempt)
        assert renamed.path.endswith("again.mp4")
        contents.move(video, contents.folder("cam2", shop))
        await later(service)
        assert [row.camera_name for row in rows(service)] == ["cam2"]
        assert [one.camera_name for one in service.ledger.events()] == ["cam2"]
        contents.replace(video, clip_of(made_once, "another_clip", 8))
        await later(service)
        [replaced] = service.ledger.events()
        assert replaced.tracking_codes != event.tracking_codes
        contents.trash(video)
        await later(service)
        assert [row.status for row in rows(service)] == [DONE]


async def later(service: Service) -> None:
    """Waits for the next scan, and for all that comes of it."""
    service.clock.advance(901)
    await service.scanned_again()
    await service.until(service.is_idle)


@in_a_loop
async def test_a_source_that_is_out_of_reach_pauses_alone_and_comes_back(
    serve: Serve,
    google: Google,
    shop: str,
    clip: Path,
    tmp_path: Path,
) -> None:
    (tmp_path / "disk" / "cam2").mkdir(parents=True)
    google.contents.file("20251101T010000Z.mp4", google.contents.folder("cam1", shop), clip)
    async with serve(tmp_path / "disk") as service:
        # It is found, and then nothing of it can be read: access is revoked.
        await service.until(lambda: rows(service))
        google.grants.expire_access()
        google.faults.on(faults.UNAVAILABLE, times=10_000, path="/drive/v3")
        put(clip, tmp_path / "disk", 3, camera_name="cam2")
        service.clock.advance(901)
        await service.until(lambda: any(row.status is DONE and row.camera_name == "cam2" for row in rows(service)))
        [away] = [row for row in rows(service) if row.camera_name == "cam1"]
        if away.status is not DONE:
            assert (away.status, away.failures) == (PENDING, 0)
            [source] = [one for one in service.ledger.added_sources() if one.title]
            assert "for now" in (source.trouble or "")
        google.faults.off()
        service.clock.advance(901)
        await service.until(service.is_idle)
        assert {row.status for row in rows(service)} == {DONE}


@in_a_loop
async def test_a_source_that_goes_away_before_the_card_was_looked_for_changes_nothing(
    serve: Serve, google: Google, shop: str, clip: Path
) -> None:
    google.contents.file("20251101T010000Z.mp4", google.contents.folder("cam1", shop), clip)
    async with serve() as service:
        gate = service.launcher.close("survey:")
        await service.until(lambda: gate.waiting)
        shutil.rmtree(cache_folder())  # all of so short a video has been fetched by now
        google.faults.on(faults.UNAVAILABLE, times=10_000, path="/drive/v3")
        gate.open()
        await service.until(lambda: any("pauses" in text for text in service.said(OccurrenceKind.TROUBLE)))
        assert [row.status for row in rows(service)] == [PENDING]
        google.faults.off()
        service.clock.advance(901)
        await service.until(service.is_idle)
        [event] = service.ledger.events()
        assert event.tracking_codes
        [profile] = service.ledger.profiles()
        assert profile.qr_trigger_area is not None


READ = "alt=media"


@pytest.mark.parametrize(
    "passing",
    [
        (faults.Cut(1000), faults.Misfit(-7), faults.Misfit(7), faults.Whole(), faults.Slow(0.05)),
        (faults.RATE_LIMIT, faults.TIMEOUT, faults.UNAVAILABLE, faults.Cut(), faults.UNAUTHORISED),
    ],
    ids=["wrong answers", "refusals"],
)
@in_a_loop
async def test_reading_goes_on_after_what_passes(
    serve: Serve, google: Google, shop: str, clip: Path, passing: Sequence[faults.Fault]
) -> None:
    google.contents.file("20251101T010000Z.mp4", google.contents.folder("cam1", shop), clip)
    for fault in passing:
        google.faults.on(fault, path=READ)
    async with serve() as service:
        await service.until(service.is_idle)
        [row] = rows(service)
        assert (row.status, row.failures, row.unreadable_s) == (DONE, 0, 0.0)
        assert len(service.ledger.events()) == 1


@in_a_loop
async def test_what_one_video_is_refused_for_is_its_reason_and_never_its_end(
    serve: Serve, google: Google, shop: str, clip: Path
) -> None:
    refusals: list[tuple[faults.Fault, str, bool]] = [
        (faults.FORBIDDEN, "may not be read", False),
        (faults.NOT_DOWNLOADABLE, "may not be read", False),
        (faults.NOT_FOUND, "not as it was found", True),
        (faults.DOWNLOAD_QUOTA, "quota", True),
        (faults.Misfit(-1), "bytes came where", True),
    ]
    table = google.contents.folder("cam1", shop)
    for day, (fault, _, _) in enumerate(refusals, start=1):
        bad = google.contents.file(f"2025110{day}T010000Z.mp4", table, clip)
        google.faults.on(fault, times=10_000, path=f"/files/{bad}?")
    google.contents.file("20251109T010000Z.mp4", table, clip)
    async with serve(RETRIES=0) as service:
        await service.until(lambda: len(rows(service)) == 6 and service.is_idle())
        *refused, well = sorted(rows(service), key=lambda row: row.path.rpartition("/")[2])
        assert {row.status for row in refused} == {FAILED}
        assert well.status is DONE
        for row, (_, said, _) in zip(refused, refusals, strict=True):
            assert said in (row.reason or "")
        google.faults.off()
        service.clock.advance(901)
        # What was out of reach is taken up again when it is seen.
        again = {row.video_id for row, (_, _, comes_back) in zip(refused, refusals, strict=True) if comes_back}
        done = {*again, well.video_id}
        await service.until(lambda: {row.video_id for row in rows(service) if row.status is DONE} == done)


@in_a_loop
async def test_what_is_trashed_or_replaced_before_its_turn_is_not_read(
    serve: Serve,
    google: Google,
    shop: str,
    clip: Path,
) -> None:
    video = google.contents.file("20251101T010000Z.mp4", google.contents.folder("cam1", shop), clip)
    async with serve(RETRIES=0) as service:
        gate = service.launcher.close("probe:")
        await service.until(lambda: gate.waiting)
        google.contents.trash(video)
        gate.open()
        await service.until(service.is_idle)
        [row] = rows(service)
        assert row.status is FAILED
        assert "trash" in (row.reason or "")
        assert not google.served(video)
        google.contents.trash(video, trashed=False)
        service.clock.advance(901)
        await service.until(lambda: [row.status for row in rows(service)] == [DONE])


@in_a_loop
async def test_custom_works_on_a_folder_wherever_it_lies(
    google: Google, robot: Account, ledger: Ledger, shop: str, clip: Path, made_once: MadeOnce
) -> None:
    contents = google.contents
    day = contents.folder("2026-11-01", contents.folder("cam1", shop))
    contents.file("20251101T010000Z.mp4", day, clip)
    contents.file("20251102T010000Z.mp4", contents.folder("cam2", shop), clip_of(made_once, "another_clip", 8))
    alone, empty = contents.folder("alone"), contents.folder("Empty")
    contents.file("20251103T010000Z.mp4", alone, clip)
    given = signed_in(ledger.path, google, robot)
    wanted = {name: getattr(given, name) for name in ("DRIVE_ENDPOINT", "DRIVE_RETRY_SECONDS")}
    source = a_source(google, shop)
    ledger.add_root(source.source, NOW, source.kind, source.title)
    ledger.keep_drive_look(source.source, look(source.source, DriveTree(), given))
    async with served(ledger, **wanted) as service:
        ended = [service.ask(ProgramKind.CUSTOM, custom_path=f"drive://{one}") for one in (day, alone, empty, "x" * 20)]
        await service.until(lambda: all(map(service.is_over, ended)))
        *well, without, unknown = map(service.program, ended)
        assert {one.state for one in well} == {ProgramState.DONE}
        assert [one.state for one in (without, unknown)] == [ProgramState.FAILED] * 2
        assert "no video files" in (without.reason or "")
        assert "has nothing of" in (unknown.reason or "")
        # In a source, the camera is the source's; in none, the folder itself.
        assert sorted((row.camera_name, row.source) for row in rows(service)) == [
            ("alone", f"drive://{alone}"),
            ("cam1", source.source),
        ]
        service.ask(DEFAULT)
        await service.until(lambda: len(rows(service)) == 3 and service.is_idle())
        assert {row.attempt for row in rows(service)} == {1}
