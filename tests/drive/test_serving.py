"""The scheduler with sources at Google Drive: the same events as from a disk, and faults that end with a reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Footage, MadeOnce, Snapshot, Vtrack
from tests.drive import faults
from tests.drive.server import Google
from tests.drive.sources import a_source, signed_in
from tests.pipeline.services import NOW, Clock, Service, in_a_loop, put, served
from tests.pipeline.test_scheduler import clip_of
from vtrack_ray.drive.account import Account
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import VideoRow
from vtrack_ray.meaning.program import ProgramKind
from vtrack_ray.meaning.video import VideoStatus

DEFAULT = ProgramKind.DEFAULT
DONE, FAILED, PENDING = VideoStatus.DONE, VideoStatus.FAILED, VideoStatus.PENDING


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def clip(made_once: MadeOnce) -> Path:
    return clip_of(made_once, "clip", 7)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "vtrack.duckdb") as opened:
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


def events(ledger: Ledger) -> Snapshot:
    """All that says what was packed when, without what names files."""
    return {
        "events": [(e.camera_name, e.started_at, e.ended_at, e.tracking_codes, e.status) for e in ledger.events()],
        "seen": [(s.code, s.area, s.time_s) for e in ledger.events() for s in e.sights],
    }


@in_a_loop
async def test_a_folder_at_drive_gives_the_events_that_it_gives_on_a_disk(
    serve: Serve,
    google: Google,
    shop: str,
    two_cameras: Footage,
    finished: Vtrack,
) -> None:
    for path in sorted(two_cameras.root.glob("*/*.mp4")):
        folder = google.contents.within(shop).get(path.parent.name)
        google.contents.file(path.name, folder.id if folder else google.contents.folder(path.parent.name, shop), path)
    async with serve() as service:
        await service.until(service.is_idle)
        with Ledger.open(finished.db, read_only=True) as known:
            assert events(service.ledger) == events(known)
            coverage = [(row.camera_name, row.examined_s, row.idle_s, row.unreadable_s) for row in known.videos()]
        assert [(row.camera_name, row.examined_s, row.idle_s, row.unreadable_s) for row in rows(service)] == coverage
        [source] = service.ledger.added_sources()
        assert source.trouble is None
        assert source.looked_at is not None


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


READ = "alt=media"


@pytest.mark.parametrize(
    "fault",
    [
        faults.Cut(1000),
        faults.Cut(),
        faults.Misfit(-7),
        faults.Misfit(7),
        faults.Whole(),
        faults.Slow(0.05),
        faults.RATE_LIMIT,
        faults.TOO_MANY,
        faults.TIMEOUT,
        faults.UNAVAILABLE,
        faults.UNAUTHORISED,
    ],
    ids=str,
)
@in_a_loop
async def test_reading_goes_on_after_what_passes(
    serve: Serve,
    google: Google,
    shop: str,
    clip: Path,
    fault: faults.Fault,
) -> None:
    google.contents.file("20251101T010000Z.mp4", google.contents.folder("cam1", shop), clip)
    google.faults.on(fault, times=1 if fault is faults.TOO_MANY else 2, path=READ)
    async with serve() as service:
        await service.until(service.is_idle)
        [row] = rows(service)
        assert (row.status, row.failures, row.unreadable_s) == (DONE, 0, 0.0)
        assert len(service.ledger.events()) == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (faults.FORBIDDEN, "may not be read"),
        (faults.NOT_DOWNLOADABLE, "may not be read"),
        (faults.NOT_FOUND, "not as it was found"),
        (faults.DOWNLOAD_QUOTA, "quota"),
        (faults.Misfit(-1), "bytes came where"),
    ],
    ids=str,
)
@in_a_loop
async def test_what_one_video_is_refused_for_is_its_reason_and_never_its_end(
    serve: Serve,
    google: Google,
    shop: str,
    clip: Path,
    fault: faults.Fault,
    said: str,
) -> None:
    folder = google.contents.folder("cam1", shop)
    bad = google.contents.file("20251101T010000Z.mp4", folder, clip)
    google.contents.file("20251102T010000Z.mp4", google.contents.folder("cam2", shop), clip)
    google.faults.on(fault, times=10_000, path=f"/files/{bad}?alt=media")
    async with serve(RETRIES=0) as service:
        await service.until(service.is_idle)
        first, second = rows(service)
        assert (first.status, second.status) == (FAILED, DONE)
        assert said in (first.reason or "")
        google.faults.off()
        if fault not in (faults.FORBIDDEN, faults.NOT_DOWNLOADABLE):  # out of reach, and then seen again
            await later(service)
            assert [row.status for row in rows(service)] == [DONE, DONE]


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
        await later(service)
        assert [row.status for row in rows(service)] == [DONE]
