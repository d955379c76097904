"""A recording's start, from tags and from names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from zoneinfo import ZoneInfo

import pytest

from vtrack_ray import instants
from vtrack_ray.footage.start import start_from_name, start_from_path, start_from_tags

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
EIGHT = datetime(2026, 11, 1, 1, tzinfo=UTC)
"""Eight in the morning in Hanoi."""


@pytest.mark.parametrize(
    "name",
    [
        "20261101_080000.mp4",
        "2026-11-01 08-00-00.mkv",
        "2026-11-01T08:00:00.mp4",
        "2026_11_01_08_00_00.mp4",
        "20261101080000.avi",
        "cam1-20261101-080000.mp4",
        "NVR_ch3_main_20261101080000_20261101090000.mp4",
        "2026-11-01-08h00m00s.mp4",
        "2026.11.01 08.00.00.ts",
        "2026-11-01 08-00.mp4",
        "01-11-2026 08-00-00.ts",
        "01.11.2026_080000.mp4",
        "cam 01-02-2026-11-01-08-00-00.mp4",
        "08-00-00 01-11-2026 08-00.mp4",
        "0912345678 20261101_080000.mp4",
        f"00M00S_{instants.to_us(EIGHT) // 1_000_000}.mp4",
        f"{instants.to_us(EIGHT) // 1000}.mp4",
    ],
)
def test_dates_in_names(name: str) -> None:
    assert start_from_name(name, HANOI) == EIGHT


def test_milliseconds_in_names() -> None:
    assert start_from_name("2026-11-01 08-00-00.250.mp4", HANOI) == EIGHT + timedelta(milliseconds=250)


@pytest.mark.parametrize(
    "name",
    [
        "clip.mp4",
        "2026-11-01.mp4",
        "20261101.mp4",
        "20261101_0001.mp4",
        "20261341_080000.mp4",
        "20261101_250000.mp4",
        "20990101_080000.mp4",
        "0912345678.mp4",
        "+84912345678.mp4",
        "+1234567890.mp4",
        "13912345678.mp4",
        "1000000000.mp4",
        "SPXVN202611010800001.mp4",
        "11-25-2026 08-00-00.mp4",
        "01112026_080000.mp4",
    ],
)
def test_what_only_looks_like_a_date(name: str) -> None:
    assert start_from_name(name, HANOI) is None


def test_a_name_is_read_on_the_clock_of_its_zone() -> None:
    assert start_from_name("20261101_080000.mp4", ZoneInfo("Europe/Berlin")) == datetime(2026, 11, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "20261101T010000Z.ts",
        "20261101_010000Z.mp4",
        "2026-11-01T01:00Z.mp4",
        "20261101010000.000Z_20261101013000.000Z.mkv",
        "20261101T020000+0100.ts",
        "2026-10-31T20.00.00-05.00.ts",
        "2026-11-01 03-00-00+02.3gp",
        "20261101_043000+03:30.mp4",
        "01-11-2026 01-00-00Z.ts",
    ],
)
def test_a_zone_in_a_name_is_heeded(name: str) -> None:
    assert start_from_name(name, HANOI) == EIGHT


@pytest.mark.parametrize(
    "name",
    [
        "20261101_080000-0830.mp4",
        "20261101080000-08.30.00.mp4",
        "20261101T080000-083000.mp4",
        "2026-11-01T08.00.00-08.30.00.mp4",
        "20261101_080000+1.mp4",
        "20261101_080000+99.mp4",
        "20261101_080000Zone 3.mp4",
    ],
)
def test_what_stands_behind_a_time_and_is_no_zone_is_left_aside(name: str) -> None:
    assert start_from_name(name, HANOI) == EIGHT


@pytest.mark.parametrize(
    "path",
    [
        "/rec/2026-11-01/001/dav/08/08.00.00-08.30.00[M][0@0][0].dav",
        "/rec/2026-11-01/08.00.00-08.30.00[M][0@0][0].ts",
        "/rec/20261101/cam1/08-00-00.mp4",
        "/rec/01-11-2026/08_00_00.mp4",
        "/backup/2026-11-20/2026-11-01/08.00.00-08.30.00[M][0@0][0].dav",
        "/rec/2026-11-20/20261101_080000.mp4",
    ],
)
def test_a_day_may_stand_in_a_folders_name(path: str) -> None:
    assert start_from_path(PurePath(path), HANOI) == EIGHT


@pytest.mark.parametrize(
    "path",
    [
        "/rec/001/dav/08/08.00.00-08.30.00[M][0@0][0].dav",
        "/rec/2026-11-01 copied/08.00.00-08.30.00[M][0@0][0].dav",
        "/rec/2026-13-01/08.00.00-08.30.00[M][0@0][0].dav",
        "/rec/2026-11-01/clip 08.00.00.mp4",
        "/rec/2026-11-01/28.00.00.mp4",
        "/rec/2026-11-01/clip.mp4",
    ],
)
def test_a_folders_day_without_a_files_time_is_no_start(path: str) -> None:
    assert start_from_path(PurePath(path), HANOI) is None


@pytest.mark.parametrize(
    "tags",
    [
        {"creation_time": "2026-11-01T01:00:00.000000Z"},
        {"creation_time": "2026-11-01 01:00:00"},
        {"com.apple.quicktime.creationdate": "2026-11-01T08:00:00+0700"},
        {"creation_time": "1904-01-01T00:00:00Z", "com.apple.quicktime.creationdate": "2026-11-01T08:00:00+07:00"},
    ],
)
def test_tags(tags: dict[str, str]) -> None:
    assert start_from_tags([{}, tags]) == EIGHT


@pytest.mark.parametrize(
    "text", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2000-01-01T00:03:00Z", "2199-01-01T00:00:00Z", "soon", ""]
)
def test_clocks_that_were_never_set_are_not_believed(text: str) -> None:
    assert start_from_tags([{"creation_time": text}]) is None


def test_a_start_in_the_future_is_not_believed() -> None:
    ahead = datetime.now(UTC) + timedelta(days=2)
    assert start_from_tags([{"creation_time": ahead.isoformat()}]) is None
    assert start_from_name(f"{ahead:%Y%m%d_%H%M%S}.mp4", ZoneInfo("UTC")) is None
