"""A source at Google Drive: what is found in it at first, and then by its changes alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.drive import faults
from tests.drive.server import Google
from tests.drive.sources import a_source, signed_in
from vtrack_ray.drive.account import Account, account_path, signed_in_as
from vtrack_ray.drive.video import open_video
from vtrack_ray.errors import (
    DriveError,
    DriveForbidden,
    DriveGone,
    DriveSignedOut,
    DriveUnreachable,
    SourceError,
    VideoUnreachable,
)
from vtrack_ray.meaning.drive_item import DriveTree, content_of, source_of
from vtrack_ray.meaning.source import Source
from vtrack_ray.settings import Settings
from vtrack_ray.sources.drive import found_folder, look, trouble_with
from vtrack_ray.sources.drive_tree import found_in
from vtrack_ray.sources.local import Scan, vanished

RECORDED = datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, google: Google, robot: Account) -> Settings:
    return signed_in(tmp_path / "vtrack.duckdb", google, robot)


class Follower:
    """Looks at a source again and again, and beside it afresh: both must find the same."""

    def __init__(self, google: Google, source: Source, settings: Settings) -> None:
        self.google = google
        self.source = source
        self.settings = settings
        self.tree = DriveTree()

    def scan(self) -> Scan:
        before = len(self.google.requests)
        seen = look(self.source.source, self.tree, self.settings)
        self.asked = [one.path.rpartition("/")[2] for one in self.google.requests[before:] if "/drive/" in one.path]
        self.tree = seen.applied_to(self.tree)
        found = found_in(self.source, self.tree)
        assert found == found_in(
            self.source, look(self.source.source, DriveTree(), self.settings).applied_to(DriveTree())
        )
        return found

    def names(self) -> list[str]:
        """Camera and address without its id."""
        return [f"{file.camera_name}: {file.path.split('/', 3)[3]}" for file in self.scan().files]


@pytest.fixture
def shop(google: Google) -> str:
    return google.contents.folder("Shop")


@pytest.fixture
def follower(google: Google, shop: str, settings: Settings) -> Follower:
    return Follower(google, a_source(google, shop), settings)


def test_a_folder_is_found_as_it_would_be_on_a_disk(google: Google, shop: str, follower: Follower) -> None:
    contents = google.contents
    table = contents.folder("bàn 1 包装", shop)
    day = contents.folder("2026-11-01", table)
    contents.file("080000.mp4", day, b"one")
    contents.file("b.dav", table, b"two", mime_type="application/octet-stream")
    contents.file("notes.txt", table, b"no video", mime_type="text/plain")
    contents.file("a/b.mp4", shop, b"three")
    contents.file(".hidden.mp4", shop, b"four")
    contents.file("x.mp4", contents.folder(".hidden", shop), b"five")
    contents.file("trashed.mp4", table, b"six", is_trashed=True)
    contents.file("elsewhere.mp4", content=b"seven")
    found = follower.scan()
    assert follower.names() == [
        "Shop: Shop/a∕b.mp4",
        "bàn 1 包装: Shop/bàn 1 包装/2026-11-01/080000.mp4",
        "bàn 1 包装: Shop/bàn 1 包装/b.dav",
    ]
    [one] = [file for file in found.files if "080000" in file.path]
    [item] = google.contents.named("080000.mp4")
    assert content_of(one.path) == (item.id, item.md5)
    assert (one.size_bytes, one.source) == (3, source_of(shop))
    assert not vanished([one.path])


def test_after_the_first_look_only_changes_are_asked_for(google: Google, shop: str, follower: Follower) -> None:
    contents = google.contents
    table = contents.folder("table", shop)
    first = contents.file("1.mp4", table, b"1")
    follower.scan()
    assert "files" in follower.asked
    assert follower.names() == ["table: Shop/table/1.mp4"]
    assert follower.asked == [shop, "changes"]
    contents.file("2.mp4", table, b"2")
    contents.file("elsewhere.mp4", content=b"3")
    assert follower.names() == ["table: Shop/table/1.mp4", "table: Shop/table/2.mp4"]
    assert follower.asked == [shop, "changes"]
    contents.rename(first, "renamed.mp4")
    assert follower.names() == ["table: Shop/table/2.mp4", "table: Shop/table/renamed.mp4"]
    contents.rename(table, "desk")
    assert follower.names() == ["desk: Shop/desk/2.mp4", "desk: Shop/desk/renamed.mp4"]
    assert follower.asked == [shop, "changes"]


def test_a_video_is_the_same_under_other_names_and_another_with_other_content(
    google: Google, shop: str, follower: Follower
) -> None:
    video = google.contents.file("1.mp4", shop, b"1")
    [before] = follower.scan().files
    google.contents.rename(video, "2.mp4")
    google.contents.move(video, google.contents.folder("table", shop))
    [moved] = follower.scan().files
    assert (moved.video_id, moved.camera_name) == (before.video_id, "table")
    google.contents.replace(video, b"other")
    [replaced] = follower.scan().files
    assert replaced.video_id != before.video_id


def test_folders_and_files_come_and_go(google: Google, shop: str, follower: Follower) -> None:
    contents = google.contents
    outside = contents.folder("outside")
    deep = contents.folder("deep", contents.folder("table", outside))
    video = contents.file("1.mp4", deep, b"1")
    assert follower.names() == []
    contents.move(outside, shop)
    assert follower.names() == ["outside: Shop/outside/table/deep/1.mp4"]
    contents.trash(outside)
    assert follower.names() == []
    contents.file("2.mp4", deep, b"2")  # while it lies in the trash
    assert follower.names() == []
    contents.trash(outside, trashed=False)
    assert follower.names() == ["outside: Shop/outside/table/deep/1.mp4", "outside: Shop/outside/table/deep/2.mp4"]
    contents.move(video, contents.folder("elsewhere"))
    assert follower.names() == ["outside: Shop/outside/table/deep/2.mp4"]
    contents.delete(outside)
    assert follower.names() == []
    assert follower.tree.items == ()


def test_files_of_one_name_are_all_found(google: Google, shop: str, follower: Follower) -> None:
    for folder in (google.contents.folder("table", shop), google.contents.folder("table", shop)):
        google.contents.file("1.mp4", folder, b"1")
        google.contents.file("1.mp4", folder, b"1")
    found = follower.scan().files
    assert len({file.video_id for file in found}) == len({file.path for file in found}) == 4
    assert {file.camera_name for file in found} == {"table"}


def test_shortcuts_add_nothing_and_those_that_lead_out_are_told(google: Google, shop: str, follower: Follower) -> None:
    contents = google.contents
    table = contents.folder("table", shop)
    contents.shortcut("again.mp4", table, contents.file("1.mp4", table, b"1"))
    contents.shortcut("round", table, shop)
    contents.shortcut("out", table, contents.folder("elsewhere"))
    contents.shortcut("document", table, contents.file("d", content=b"", mime_type="application/pdf"))
    found = follower.scan()
    assert len(found.files) == 1
    [problem] = found.problems
    assert problem.path == "Shop/table/out"
    assert "add that one" in problem.reason


def test_the_recordings_end_is_told_by_what_drive_knows(google: Google, shop: str, follower: Follower) -> None:
    end = RECORDED + timedelta(minutes=10)
    later = end + timedelta(days=3)
    length = {"durationMillis": "600000"}
    google.contents.file("recorder.mp4", shop, b"1", created_at=RECORDED, modified_at=end, video=length)
    google.contents.file("uploaded.mp4", shop, b"2", created_at=later, modified_at=end, video=length)
    google.contents.file("copied.mp4", shop, b"3", created_at=end, modified_at=later)
    ended = {file.path.rpartition("/")[2]: file.modified_ns for file in follower.scan().files}
    assert set(ended.values()) == {int(end.timestamp()) * 10**9}


def test_an_expired_page_has_all_looked_at_anew(google: Google, shop: str, follower: Follower) -> None:
    google.contents.file("1.mp4", shop, b"1")
    follower.scan()
    google.contents.file("2.mp4", shop, b"2")
    google.service.expire_pages()
    assert len(follower.names()) == 2
    assert "files" in follower.asked
    follower.names()
    assert "files" not in follower.asked


@pytest.mark.parametrize("where", ["shared drive", "shared folder", "folder of a shared drive"])
def test_shared_drives_and_shared_folders_are_sources_too(google: Google, settings: Settings, where: str) -> None:
    contents = google.contents
    if where == "shared folder":
        folder = contents.shared_folder("Theirs")
    else:
        folder = contents.shared_drive("Theirs")
        folder = contents.folder("Theirs", folder) if where.startswith("folder") else folder
    contents.file("1.mp4", contents.folder("table", folder), b"1")
    follower = Follower(google, a_source(google, folder), settings)
    assert follower.names() == ["table: Theirs/table/1.mp4"]
    contents.file("2.mp4", contents.folder("table 2", folder), b"2")
    contents.file("3.mp4", contents.shared_drive("Another"), b"3")
    assert follower.names() == ["table 2: Theirs/table 2/2.mp4", "table: Theirs/table/1.mp4"]


def test_a_hundred_thousand_files_are_listed_by_the_thousand(google: Google, shop: str, settings: Settings) -> None:
    count = 3000  # of which each costs as much as each of more
    for table in range(90):
        folder = google.contents.folder(f"table {table:03}", shop)
        for number in range(count // 90 + 1):
            google.contents.file(f"{number:05}.mp4", folder, b"%d" % number)
    source = a_source(google, shop)
    seen = look(source.source, DriveTree(), settings)
    assert len(found_in(source, seen.applied_to(DriveTree())).files) >= count
    assert len(google.asked("GET", "/drive/v3/files")) < 14


def test_a_folder_is_named_by_address_id_or_name(google: Google, shop: str, settings: Settings) -> None:
    for text in (
        shop,
        f"https://drive.google.com/drive/folders/{shop}?usp=sharing",
        f"https://drive.google.com/drive/u/0/folders/{shop}",
        f"https://drive.google.com/open?id={shop}",
        source_of(shop),
        "Shop",
    ):
        assert found_folder(text, settings) == a_source(google, shop)
    leads = google.contents.shortcut("leads there", google.contents.root, shop)
    assert found_folder(leads, settings).source == source_of(shop)
    drive = google.contents.shared_drive("Our shared drive")
    assert found_folder("Our shared drive", settings).source == source_of(drive)
    with pytest.raises(SourceError, match="no folder named 'Nothing'"):
        found_folder("Nothing", settings)
    google.contents.folder("Shop")
    with pytest.raises(SourceError, match=f"2 folders named 'Shop'.*{shop}"):
        found_folder("Shop", settings)
    with pytest.raises(DriveGone, match="no folder"):
        found_folder(google.contents.file("1.mp4", shop, b"1"), settings)
    google.contents.trash(shop)
    with pytest.raises(DriveGone, match="trash"):
        found_folder(shop, settings)


def _fault(fault: faults.Fault, times: int = 99) -> Callable[[Google], None]:
    return lambda google: google.faults.on(fault, times=times, path="/drive/v3")


@pytest.mark.parametrize(
    ("goes_wrong", "error", "said"),
    [
        (_fault(faults.UNAUTHORISED), DriveSignedOut, "sign-in"),
        (_fault(faults.RATE_LIMIT), DriveUnreachable, "for now"),
        (_fault(faults.DAILY_LIMIT), DriveUnreachable, "quota"),
        (_fault(faults.FORBIDDEN), DriveForbidden, "permission"),
        (_fault(faults.TIMEOUT), DriveUnreachable, "for now"),
        (_fault(faults.TOO_MANY), DriveUnreachable, "for now"),
        (_fault(faults.UNAVAILABLE), DriveUnreachable, "for now"),
        (_fault(faults.Cut()), DriveUnreachable, "can't be reached"),
        (_fault(faults.Cut(10)), DriveUnreachable, "can't be reached"),
        (lambda google: google.grants.revoke_all(), DriveSignedOut, "revoked"),
        (lambda google: google.faults.on(faults.CLOCK_SKEW, times=99, path="/token"), DriveForbidden, "clock"),
        (lambda google: google.contents.delete(google.contents.named("Shop")[0].id), DriveGone, "nothing of"),
    ],
)
def test_what_goes_wrong_ends_with_its_reason_and_passes_with_it(
    google: Google,
    shop: str,
    tmp_path: Path,
    person: Account,
    goes_wrong: Callable[[Google], None],
    error: type[DriveError],
    said: str,
) -> None:
    settings = signed_in(tmp_path / "vtrack.duckdb", google, person)
    google.contents.file("1.mp4", shop, b"1")
    seen = look(source_of(shop), DriveTree(), settings)
    google.grants.expire_access()
    goes_wrong(google)
    with pytest.raises(error, match=said):
        look(source_of(shop), seen.applied_to(DriveTree()), settings)
    assert said in (trouble_with(source_of(shop), settings) or "")


def test_an_account_is_handed_to_a_machine_on_which_nobody_has_signed_in(
    google: Google, shop: str, robot: Account, settings: Settings
) -> None:
    google.contents.file("1.mp4", shop, b"the whole video")
    [file] = found_in(
        a_source(google, shop), look(source_of(shop), DriveTree(), settings).applied_to(DriveTree())
    ).files
    account_path(settings.DB).unlink()
    with pytest.raises(VideoUnreachable, match="vtrack drive login"):
        open_video(file.path, settings)
    with signed_in_as(robot):
        assert open_video(file.path, settings).fetch(4, 5) == b"whole"


def test_what_passes_is_tried_again(google: Google, shop: str, settings: Settings) -> None:
    google.contents.file("1.mp4", shop, b"1")
    for fault in (faults.RATE_LIMIT, faults.TOO_MANY, faults.UNAVAILABLE, faults.TIMEOUT, faults.Cut(5)):
        google.faults.on(fault, times=1, path="/drive/v3/changes")
        google.faults.on(fault, times=1, path="/drive/v3/files?")
    seen = look(source_of(shop), DriveTree(), settings)
    assert len(seen.items) == 1
    assert trouble_with(source_of(shop), settings) is None
