"""Sources in the ledger: how they stand, and what is known to lie at Google Drive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ledger.examples import NOON, found, probed
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Elsewhere
from vtrack_ray.meaning.drive_item import DriveItem, DriveLook, DriveTree, ItemKind
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.meaning.video import FoundFile, Header, StartBasis, VideoStatus

MINUTE = timedelta(minutes=1)
SHOP = "drive://shop"


def folder(item_id: str, parent_id: str = "shop") -> DriveItem:
    return DriveItem(item_id=item_id, parent_id=parent_id, name=f"{item_id} bàn", kind=ItemKind.FOLDER)


def video(item_id: str, parent_id: str = "table", md5: str = "aa") -> DriveItem:
    return DriveItem(
        item_id=item_id,
        parent_id=parent_id,
        name=f"{item_id}.mp4",
        kind=ItemKind.VIDEO,
        size_bytes=2**40,
        md5=md5,
        modified_ns=2**60 + 1,
    )


def look(page: int, *, is_whole: bool, items: Sequence[DriveItem], gone: Sequence[str] = ()) -> DriveLook:
    return DriveLook(page_token=str(page), is_whole=is_whole, items=tuple(items), gone=tuple(gone))


def at_drive(name: str, *, item_id: str = "v", md5: str = "aa", camera_name: str = "table") -> FoundFile:
    path = f"drive://{item_id}:{md5}/Shop/{camera_name}/{name}"
    return FoundFile(source=SHOP, path=path, camera_name=camera_name, size_bytes=1, modified_ns=1)


@pytest.fixture
def shop(ledger: Ledger) -> Ledger:
    ledger.add_root(SHOP, NOON, SourceKind.DRIVE, "Shop")
    return ledger


def test_sources_are_told_with_their_kind_and_how_they_stand(shop: Ledger) -> None:
    shop.add_root("/rec", NOON)
    shop.note_look(SHOP, NOON + MINUTE, "Google is out of reach")
    drive = Source(
        source=SHOP, kind=SourceKind.DRIVE, title="Shop", looked_at=NOON + MINUTE, trouble="Google is out of reach"
    )
    assert shop.added_sources() == [Source(source="/rec", kind=SourceKind.FOLDER), drive]
    with Door(shop), open_answers(shop.path) as answers:
        assert answers.added_sources() == shop.added_sources()
        assert answers.add_root("drive://other", NOON, SourceKind.DRIVE, "Other")
    assert [str(one) for one in shop.added_sources()] == [
        "/rec",
        "'Other' at Google Drive (drive://other)",
        "'Shop' at Google Drive (drive://shop)",
    ]


def test_a_tree_is_kept_together_with_the_page_to_go_on_from(shop: Ledger) -> None:
    assert shop.drive_tree(SHOP) == DriveTree()
    whole = look(1, is_whole=True, items=(folder("table"), video("a"), video("b")))
    shop.keep_drive_look(SHOP, whole)
    assert shop.drive_tree(SHOP) == whole.applied_to(DriveTree())
    assert shop.drive_camera_folders() == [("table bàn", "drive://table")]
    shortcut = DriveItem(item_id="s", parent_id="table", name="s", kind=ItemKind.SHORTCUT, target_id="a")
    later = look(2, is_whole=False, items=(video("b", md5="bb"), shortcut), gone=("a",))
    shop.keep_drive_look(SHOP, later)
    expected = later.applied_to(whole.applied_to(DriveTree()))
    assert shop.drive_tree(SHOP) == expected
    assert {item.item_id for item in expected.items} == {"table", "b", "s"}
    shop.keep_drive_look(SHOP, look(3, is_whole=True, items=()))
    assert shop.drive_tree(SHOP) == look(3, is_whole=True, items=()).applied_to(DriveTree())


def test_a_removed_source_leaves_no_tree_and_none_comes_late(shop: Ledger) -> None:
    seen = look(1, is_whole=True, items=(folder("table"),))
    shop.keep_drive_look(SHOP, seen)
    assert shop.remove_root(SHOP)
    shop.keep_drive_look(SHOP, seen)
    assert shop.drive_tree(SHOP) == DriveTree()


def test_files_are_followed_by_their_ids(shop: Ledger, tmp_path: Path) -> None:
    before = at_drive("1.mp4")
    shop.register([before, found("other.mp4")], NOON)
    assert shop.drive_videos_elsewhere([before]) == []
    renamed = at_drive("2.mp4")
    assert renamed.video_id == before.video_id
    elsewhere = Elsewhere(before.video_id, before.video_id, SHOP, SHOP, renamed.path, False, None, None)
    assert shop.drive_videos_elsewhere([renamed]) == [elsewhere]
    shop.follow_drive([elsewhere], [])
    assert [row.path for row in shop.videos() if row.source == SHOP] == [renamed.path]
    replaced = at_drive("2.mp4", md5="bb")
    [one] = shop.drive_videos_elsewhere([replaced])
    assert (one.video_id, one.found_id) == (before.video_id, replaced.video_id)
    [moved] = shop.drive_videos_elsewhere([at_drive("2.mp4", camera_name="desk")])
    assert moved.has_moved_camera


def test_a_replaced_video_has_its_neighbours_folded_again(shop: Ledger) -> None:
    file = at_drive("1.mp4")
    shop.register([file], NOON)
    header = Header(started_at=NOON, start_basis=StartBasis.NAME, duration_s=10, width_px=2, height_px=2, codec="h264")
    shop.set_header(file.video_id, header)
    shop.follow_drive([], [file.video_id])
    registered = shop.register([at_drive("1.mp4", md5="bb")], NOON)
    assert [one.video_id for one in registered.removed] == [file.video_id]


def test_what_waits_of_a_source_is_put_off_with_it_and_comes_back_with_it(shop: Ledger) -> None:
    shop.register([at_drive("1.mp4"), found("other.mp4")], NOON)
    probed(shop, "ready.mp4")
    shop.put_off_source(SHOP, "Google is out of reach", NOON + MINUTE)
    assert [file.path for file in shop.unprobed(None, NOON, 9)] == [found("other.mp4").path]
    assert len(shop.unprobed(None, NOON + MINUTE, 9)) == 2
    [row] = [row for row in shop.videos() if row.source == SHOP]
    assert (row.status, row.failures) == (VideoStatus.PENDING, 0)
    assert "Google is out of reach" in (row.reason or "")
    shop.resume_source(SHOP)
    assert len(shop.unprobed(None, NOON, 9)) == 2
