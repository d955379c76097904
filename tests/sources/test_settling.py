from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.sources.settling import Settling

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOON_NS = int(NOON.timestamp()) * 10**9
SECOND = timedelta(seconds=1)
SECOND_NS = 10**9


def file(name: str = "a.mp4", size_bytes: int = 1, modified_s: float = 0) -> FoundFile:
    """A file modified that many seconds after noon."""
    return FoundFile(
        source="/rec",
        path=f"/rec/cam1/{name}",
        camera_name="cam1",
        size_bytes=size_bytes,
        modified_ns=NOON_NS + int(modified_s * SECOND_NS),
    )


def stable(settling: Settling, found: FoundFile, after_s: float) -> bool:
    settled = settling.settle([found], NOON + after_s * SECOND)
    assert settled.stable + settled.growing == (found,)
    return bool(settled.stable)


def test_a_file_modified_long_ago_is_stable_at_once() -> None:
    assert not stable(Settling(60), file(), 59.999)
    assert stable(Settling(60), file(), 60)
    assert not stable(Settling(60), replace(file(), modified_ns=NOON_NS + 1), 60)


def test_a_file_of_the_future_is_stable_once_it_stays_as_it_is() -> None:
    settling, ahead = Settling(60), file(modified_s=3600)
    assert [stable(settling, ahead, after_s) for after_s in (0, 30, 60, 90, 9000)] == [False, False, True, True, True]


def test_a_file_that_grows_waits_from_its_last_change() -> None:
    settling, ahead = Settling(60), file(modified_s=3600)
    assert not stable(settling, ahead, 0)
    for after_s, changed in ((50, replace(ahead, size_bytes=2)), (100, file(size_bytes=2, modified_s=3601))):
        assert not stable(settling, changed, after_s)
    assert not stable(settling, changed, 159)
    assert stable(settling, changed, 160)


def test_a_file_that_is_gone_is_forgotten() -> None:
    settling, ahead = Settling(60), file(modified_s=3600)
    stable(settling, ahead, 0)
    settling.settle([], NOON + SECOND)
    assert len(settling) == 0
    assert not stable(settling, ahead, 61)


def test_a_clock_put_back_begins_anew() -> None:
    settling, ahead = Settling(60), file(modified_s=10**6)
    assert [stable(settling, ahead, after_s) for after_s in (1000, 0, 59, 60)] == [False, False, False, True]


def test_files_modified_long_ago_are_not_remembered() -> None:
    settling = Settling(60)
    settling.settle([file("old.mp4", modified_s=-60), file("new.mp4")], NOON)
    assert len(settling) == 1


def test_files_keep_the_scan_s_order() -> None:
    files = [file(f"{number}.mp4", modified_s=-100 * (number % 2)) for number in range(6)]
    settled = Settling(60).settle(files, NOON)
    assert settled.stable == tuple(files[1::2])
    assert settled.growing == tuple(files[::2])


def test_an_instant_without_a_zone_and_a_negative_time_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Settling(60).settle([], datetime(2026, 11, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="less than none"):
        Settling(-1)


SCANS = st.lists(
    st.tuples(
        st.integers(0, 40),  # seconds since the scan before
        st.dictionaries(st.sampled_from("abc"), st.tuples(st.integers(0, 1), st.integers(-30, 30))),
    ),
    max_size=12,
)


@given(SCANS, st.integers(0, 60))
def test_what_is_stable_follows_from_all_scans_so_far(
    scans: list[tuple[int, dict[str, tuple[int, int]]]], settle_s: int
) -> None:
    """Against the definition: the scans in a row, up to this one, in which the file was the same."""
    settling = Settling(settle_s)
    history: list[tuple[int, dict[str, tuple[int, int]]]] = []
    now_s = 0
    for passed_s, names in scans:
        now_s += passed_s
        history.append((now_s, names))
        files = [file(name, size_bytes=size, modified_s=modified_s) for name, (size, modified_s) in names.items()]
        settled = settling.settle(files, NOON + now_s * SECOND)
        assert sorted(settled.stable + settled.growing, key=lambda f: f.path) == sorted(files, key=lambda f: f.path)
        expected = set()
        for name, (_, modified_s) in names.items():
            since_s = now_s
            for at_s, then in reversed(history):
                if then.get(name) != names[name]:
                    break
                since_s = at_s
            if now_s - modified_s >= settle_s or now_s - since_s >= settle_s:
                expected.add(f"/rec/cam1/{name}")
        assert {found.path for found in settled.stable} == expected
        assert len(settling) <= len(files)
