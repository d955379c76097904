"""Results: each day's events as files at Google Drive, each there once, and nobody's work overwritten."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Vtrack
from tests.drive import faults
from tests.drive.contents import Item
from tests.drive.server import Google
from tests.drive.shop import Killed, Mortal, Opening, Shop
from tests.ledger.examples import NOON, claimed, conclusion, event, refolded
from tests.pipeline.services import in_a_loop, served
from vtrack_ray.drive.account import Purpose, account_path
from vtrack_ray.drive.client import Drive
from vtrack_ray.drive.folder import make_folder
from vtrack_ray.errors import DriveForbidden, DriveSignedOut
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.clips import Clips
from vtrack_ray.pipeline.launcher import LocalLauncher, LocalStore
from vtrack_ray.pipeline.observer import Nobody
from vtrack_ray.pipeline.results import Results
from vtrack_ray.pipeline.sending import Sending

NAMES = ["events 2026-11-01.csv", "events 2026-11-01.parquet"]


def rows(item: Item) -> list[dict[str, str]]:
    assert isinstance(item.content, bytes)
    return list(csv.DictReader(io.StringIO(item.content.decode())))


def test_a_day_is_sent_when_it_is_done_with_as_csv_and_parquet(shop: Shop, tmp_path: Path) -> None:
    waiting = claimed(shop.ledger, "b.mp4")
    shop.happen(event(1, codes=("SPX1", "SPX2"), camera_name="bàn 1"), event(2, codes=()))
    assert shop.send() == 0
    assert shop.names() == []
    shop.ledger.conclude(waiting.video.video_id, waiting.attempt, conclusion(), refolded(camera_name="other"))
    assert shop.send() == 2
    assert shop.names() == NAMES
    first, second = rows(shop.files()[0])
    assert (first["camera_name"], first["tracking_codes"]) == ("bàn 1", "SPX1 SPX2")
    assert (first["started_at"], first["duration_s"]) == ("2026-11-01T19:01:00.000+07:00", "20.00")
    path = tmp_path / "events.parquet"
    path.write_bytes(shop.files()[1].content)  # type: ignore[arg-type]
    stored = duckdb.read_parquet(str(path)).project("event_id, tracking_codes, epoch_ms(started_at) AS ms").order("ms")
    at = NOON + timedelta(minutes=1)
    assert stored.fetchall()[0] == (first["event_id"], ["SPX1", "SPX2"], int(at.timestamp() * 1000))
    assert second["tracking_codes"] == ""


def test_a_day_is_that_of_the_set_time_zone(shop: Shop) -> None:
    # 12:00 UTC is 19:00 in Vietnam, 5 h before midnight.
    shop.happen(event(299), event(301))
    assert shop.send() == 4
    assert shop.names() == [*NAMES, *(name.replace("-01.", "-02.") for name in NAMES)]
    assert [len(rows(item)) for item in shop.files() if item.name.endswith("csv")] == [1, 1]


def test_what_was_sent_is_not_sent_again_and_what_changed_is_sent_into_its_place(shop: Shop) -> None:
    shop.happen(event(1))
    assert (shop.send(), shop.send()) == (2, 0)
    asked = len(shop.google.requests)
    assert shop.send() == 0
    assert len(shop.google.requests) == asked, "Google is asked for nothing"
    before = shop.files()
    shop.happen(event(1), event(3), name="b.mp4")
    assert shop.send() == 2
    assert shop.files() == before, "the same files"
    assert len(rows(shop.files()[0])) == 2
    shop.happen(name="c.mp4")
    assert shop.send() == 2
    assert rows(shop.files()[0]) == [], "events that are no more are no longer told"


@pytest.mark.parametrize("at", ["reserve_results", "record_result"])
@pytest.mark.parametrize("changed", [False, True])
def test_each_is_there_once_wherever_it_was_interrupted(shop: Shop, at: str, changed: bool) -> None:
    shop.happen(event(1))
    if changed:
        shop.send()
        shop.happen(event(1), event(3), name="b.mp4")
    if not (changed and at == "reserve_results"):  # then it is not reached: the files are known
        with pytest.raises(Killed):
            shop.send(Mortal(shop.ledger, at))
    uploads = shop.uploads()
    shop.send()
    assert shop.names() == NAMES
    assert len(rows(shop.files()[0])) == 1 + changed
    assert shop.uploads() - uploads == (0 if at == "record_result" else 2), "nothing is sent twice"
    assert shop.send() == 0


@pytest.mark.parametrize("fault", [faults.Cut(0), faults.UNAVAILABLE, faults.TOO_MANY], ids=str)
def test_a_request_whose_answer_is_lost_makes_no_second_file(shop: Shop, fault: faults.Fault) -> None:
    shop.happen(event(1))
    shop.google.faults.on(fault, method="POST", path="/upload/")
    shop.google.faults.on(fault, method="PUT", path="/upload/")
    assert shop.send() == 2
    assert shop.names() == NAMES


@pytest.mark.parametrize("done", ["changed", "trashed", "deleted"])
def test_a_file_that_somebody_has_made_their_own_is_let_be(shop: Shop, done: str) -> None:
    shop.happen(event(1))
    shop.send()
    theirs, _ = shop.files()
    shop.make_own(theirs.id, done, b"my notes")
    assert shop.send() == 0, "what was sent is done with"
    shop.happen(event(1), event(3), name="b.mp4")
    shop.send()
    assert shop.send() == 1, "a new file takes its place"
    assert shop.names().count(NAMES[0]) == (1 if done == "deleted" else 2)
    assert len(rows(shop.files()[-2])) == 2
    if done == "changed":
        assert theirs.content == b"my notes"
    assert shop.send() == 0


def test_a_database_that_has_lost_count_finds_its_files_and_no_others(
    shop: Shop, opened: Opening, tmp_path: Path
) -> None:
    another = opened(tmp_path / "another.duckdb")
    folder = shop.ledger.results_folder()
    assert folder
    shop.happen(event(1))
    another.happen(event(7, camera_name="other"))
    shop.send()
    for result in shop.ledger.results():  # as in a backup from before they were sent
        shop.ledger.forget_result(result.result, result.file_id)
    assert shop.send() == 0
    assert shop.names() == NAMES
    another.ledger.choose_results_folder(replace(folder, owner="another"), NOON)
    assert another.send() == 2
    assert [len(rows(item)) for item in shop.files() if item.name == NAMES[0]] == [1, 1]


def test_another_folder_gets_all_of_it(shop: Shop, google: Google) -> None:
    shop.happen(event(1))
    shop.send()
    with Drive(shop.account, Purpose.RESULTS, google.address) as drive:
        folder = make_folder(drive, "Another", "o")
    shop.ledger.choose_results_folder(folder, NOON)
    assert shop.send() == 2
    assert sorted(google.contents.within(folder.folder_id)) == shop.names() == NAMES
    shop.ledger.choose_results_folder(None, NOON)
    shop.happen(event(1), event(3), name="b.mp4")
    assert shop.send() == 0


def test_what_refuses_is_told(shop: Shop) -> None:
    shop.happen(event(1))
    shop.google.faults.on(faults.STORAGE_QUOTA, method="POST", path="/upload/")
    with pytest.raises(DriveForbidden, match="no storage left"):
        shop.send()
    account_path(shop.settings.DB).unlink()
    with pytest.raises(DriveSignedOut):
        shop.send()


def test_whatever_goes_wrong_with_it_the_service_goes_on(shop: Shop) -> None:
    def fail() -> None:
        raise OSError("no room")

    shop.happen(event(1))
    store, now = LocalStore(shop.ledger), lambda: NOON
    chronicle, launcher = Chronicle(store, Nobody(), now), LocalLauncher(before_each=fail)
    results = Results(shop.settings, store, launcher, now)
    clips = Clips(shop.settings, store, launcher, chronicle, now)
    asyncio.run(Sending(shop.settings, results, clips, chronicle, now).keep())
    [told] = shop.ledger.history()
    assert (told.kind, told.text) == (OccurrenceKind.TROUBLE, "results could not be sent: no room")


@in_a_loop
async def _serve(shop: Shop) -> None:
    async with served(shop.ledger, DRIVE_ENDPOINT=shop.google.address, DRIVE_RESULTS_MINUTES=1) as service:
        await service.until(lambda: service.said(OccurrenceKind.RESULTS))
        assert service.said(OccurrenceKind.RESULTS) == ["2 files of events were sent to Google Drive"]
        assert shop.names() == NAMES


def test_the_service_sends_them(shop: Shop) -> None:
    shop.happen(event(1))
    _serve(shop)


@in_a_loop
async def _serve_in_vain(shop: Shop) -> None:
    async with served(shop.ledger, DRIVE_ENDPOINT=shop.google.address, DRIVE_RESULTS_MINUTES=1) as service:
        sending = service.scheduler._sending
        await service.until(lambda: service.said(OccurrenceKind.TROUBLE))
        for _ in range(2):
            service.clock.advance(60)
            await sending.keep()
        [said] = service.said(OccurrenceKind.TROUBLE)
        assert said.startswith("results could not be sent: Google has revoked"), said


def test_the_service_goes_on_without_google_and_says_so_once(shop: Shop) -> None:
    shop.happen(event(1))
    shop.google.grants.revoke_all()
    _serve_in_vain(shop)


def test_killed_while_it_sends_it_sends_each_once(shop: Shop, vtrack: Vtrack) -> None:
    shop.happen(event(1))
    shop.ledger.close()
    environment = ("--db", shop.settings.DB, "--set", f"DRIVE_ENDPOINT={shop.google.address}")
    # The last part of the first file has come, and is taken in a moment later.
    shop.google.faults.on(faults.Slow(1.0), method="PUT", path="/upload/")
    with vtrack.start("drive", "send", *environment) as process:
        while not shop.google.asked("PUT", "/upload/"):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.kill()
    while not shop.names():
        time.sleep(0.02)
    assert vtrack("drive", "send", *environment) == "1 files were sent.\n"
    assert shop.names() == NAMES
    assert shop.uploads() == 2
