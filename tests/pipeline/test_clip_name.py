"""Names of clips: found by the codes, and fit for every file system."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.ledger.values import EventRow
from vtrack_ray.meaning.event import EventStatus
from vtrack_ray.pipeline.clip_name import clip_name

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CAMERAS = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=85)


def named(codes: list[str], camera_name: str = "table-1") -> str:
    at = datetime(2026, 11, 26, 7, 3, 22, tzinfo=UTC)
    event = EventRow(
        event_id="e",
        camera_name=camera_name,
        started_at=at,
        ended_at=at,
        start_s=0.0,
        end_s=1.0,
        video_ids=("v",),
        tracking_codes=tuple(codes),
        status=EventStatus.COMPLETE,
    )
    return clip_name(event, ZONE)


def test_codes_come_first_then_the_time_and_the_camera() -> None:
    assert named(["SPX1"]) == "SPX1 14.03.22 table-1.mp4"
    assert named(["SPX1", "GHN2"], "bàn 1") == "SPX1 GHN2 14.03.22 bàn 1.mp4"
    assert named([]) == "no code 14.03.22 table-1.mp4"


def test_codes_that_there_is_no_room_for_are_counted() -> None:
    codes = [f"SPXVN{number:013}" for number in range(20)]
    assert named(codes) == f"{' '.join(codes[:6])} +14 14.03.22 table-1.mp4"
    assert named(["L" * 4000, "SPX1"]) == f"{'L' * 117}... +1 14.03.22 table-1.mp4"


def test_bytes_that_are_no_text_are_written_as_escapes() -> None:
    assert named(["SPX1"], "b\udce0n") == "SPX1 14.03.22 b_xe0n.mp4"


@given(st.lists(st.text(max_size=300), max_size=8), CAMERAS)
def test_every_name_fits_everywhere(codes: list[str], camera_name: str) -> None:
    name = named(codes, camera_name)
    assert len(name.encode()) <= 240
    assert not set(name) & set('<>:"/\\|?*\n\0')
    assert name.endswith(".mp4")
    assert name == name.strip(" .")
