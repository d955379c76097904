"""Pages of events and videos, and looking up by code: always what a plain look through the whole list would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TypeVar

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.examples import NOON, claimed, event, found, header, probed, refolded
from vtrack_ray.ledger.events import forget_codes, insert_events
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.transaction import rows_json
from vtrack_ray.ledger.values import EventFilter, EventPlace, Refolded, VideoFilter, VideoPlace
from vtrack_ray.meaning.video import VideoStatus

T = TypeVar("T")
CAMERAS = ("cam1", "CAM2", "bàn")
CODES = ("SPX1", "spx1", "Spx2", "Đ1", "đ1", "a\0b")
NUMBERS = count()

EVENTS = st.tuples(st.integers(0, 9), st.lists(st.sampled_from(CODES), max_size=3))
WINDOWS = st.tuples(
    st.sampled_from(CAMERAS),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted),
    st.lists(EVENTS, max_size=6, unique_by=lambda drawn: drawn[0]),
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger.open(tmp_path_factory.mktemp("ledger") / "vtrack.duckdb") as opened:
        yield opened


def window(camera_name: str, minutes: list[int], events: list[tuple[int, list[str]]]) -> Refolded:
    drawn = (event(minute, "v", codes=codes, camera_name=camera_name) for minute, codes in events)
    return refolded(*drawn, after=minutes[0], until=minutes[1] + 0.5, camera_name=camera_name)


def in_pages(page_after: Callable[[T | None], list[T]], limit: int) -> list[T]:
    put_together: list[T] = []
    while page := page_after(put_together[-1] if put_together else None):
        assert len(page) <= limit
        put_together += page
    return put_together


@settings(deadline=None, max_examples=25)
@given(windows=st.lists(WINDOWS, min_size=1, max_size=4), limit=st.integers(1, 12), newest_first=st.booleans())
def test_pages_of_events_put_together_are_the_whole_list(
    kept: Ledger, windows: list[tuple[str, list[int], list[tuple[int, list[str]]]]], limit: int, newest_first: bool
) -> None:
    for drawn in windows:
        kept.replace_events(window(*drawn))
    wanted = EventFilter(newest_first=newest_first)
    whole = kept.events(wanted)
    assert whole == sorted(whole, key=EventPlace.of, reverse=newest_first)
    pages = in_pages(
        lambda last: kept.events(replace(wanted, limit=limit, after=EventPlace.of(last) if last else None)), limit
    )
    assert pages == whole
    rows = kept.event_rows(wanted)
    assert [EventPlace.of(row) for row in rows] == [EventPlace.of(one) for one in whole]
    assert [row.tracking_codes for row in rows] == [one.tracking_codes for one in whole]
    assert kept.located_events(wanted).rows == rows


@settings(deadline=None, max_examples=25)
@given(
    windows=st.lists(WINDOWS, min_size=1, max_size=6),
    codes=st.lists(st.sampled_from([*CODES, "SPX2", "none"]), min_size=1, max_size=2),
    camera=st.sampled_from([None, *CAMERAS]),
)
def test_events_are_looked_up_by_code_as_if_all_were_looked_through(
    kept: Ledger,
    windows: list[tuple[str, list[int], list[tuple[int, list[str]]]]],
    codes: list[str],
    camera: str | None,
) -> None:
    for drawn in windows:
        kept.replace_events(window(*drawn))
    cameras = (camera,) if camera else ()
    sought = {code.lower() for code in codes}
    assert kept.events(EventFilter(codes=tuple(codes), cameras=cameras)) == [
        one
        for one in kept.events(EventFilter(cameras=cameras))
        if sought.intersection(code.lower() for code in one.tracking_codes)
    ]
    assert not [said for said in kept.broken() if "Looking up" in said]


@pytest.mark.parametrize(
    "narrowed",
    [
        EventFilter(codes=("SPX1",), since=NOON),
        EventFilter(codes=("SPX1",), event_ids=(event(0).event_id,)),
        EventFilter(event_ids=(event(0).event_id,), cameras=("cam1",), until=NOON.replace(hour=13), limit=2),
        EventFilter(codes=("SPX1",), after=EventPlace(NOON, "a", "")),
        EventFilter(codes=("SPX1",), after=EventPlace(NOON, "z", ""), newest_first=True),
    ],
)
def test_looking_up_goes_with_every_other_condition(ledger: Ledger, narrowed: EventFilter) -> None:
    ledger.replace_events(refolded(event(0, codes=["SPX1"])))
    assert [one.event_id for one in ledger.events(narrowed)] == [event(0).event_id]


def test_events_are_given_with_the_paths_of_their_videos_that_are_known(ledger: Ledger) -> None:
    first, second = (file.video_id for file in probed(ledger, "a.mp4", "b.mp4"))
    events = [event(0, first, codes=["SPX1"]), event(1, second, codes=["SPX1"]), event(2, "gone", codes=["SPX2"])]
    ledger.replace_events(refolded(*events))
    by_code = {code: ledger.located_events(EventFilter(codes=(code,))) for code in ("spx1", "SPX2", "none")}
    assert [len(found.rows) for found in by_code.values()] == [2, 1, 0]
    assert by_code["spx1"].paths == ledger.paths([first, second])
    assert set(by_code["spx1"].paths) == {first, second}
    assert by_code["SPX2"].paths == {}
    assert ledger.located_events(EventFilter(event_ids=())).rows == []


def test_a_page_is_not_moved_by_what_comes_before_it(ledger: Ledger) -> None:
    ledger.replace_events(refolded(*(event(minute) for minute in (1, 2, 3))))
    place = EventPlace.of(event(2))
    ledger.replace_events(refolded(event(0), event(3)))  # the event of the place itself is gone
    assert ledger.events(EventFilter(after=place, limit=5)) == [event(3)]


def test_an_event_is_found_by_its_identity(ledger: Ledger) -> None:
    ledger.replace_events(refolded(event(0), event(1)))
    assert ledger.event(event(1).event_id) == event(1)
    assert ledger.event("unknown") is None


def test_a_window_may_be_folded_again_and_again(ledger: Ledger, path: Path) -> None:
    """Indexes of DuckDB's once refused a key that was deleted and inserted in one transaction."""
    for turn in range(30):
        codes = ["SPX1", f"SPX{turn % 3}"]
        ledger.replace_events(refolded(*(event(minute, codes=codes) for minute in range(5))))
        assert len(ledger.events(EventFilter(codes=("spx1",)))) == 5
    with ledger._changing() as transaction:
        for _ in range(5):
            window = rows_json([{"camera_name": "cam1", "after": None, "until": None}])
            ids = [row["event_id"] for row in transaction.run("events_in_windows", windows=window)]
            gone = transaction.run("events_of", event_ids=ids)
            transaction.run("delete_events", event_ids=ids)
            forget_codes(transaction, [(row["event_id"], row["tracking_codes"]) for row in gone])
            insert_events(transaction, [event(minute, codes=["SPX9"]) for minute in range(5)])
    assert len(ledger.events(EventFilter(codes=("spx9",)))) == 5
    ledger.close()
    with duckdb.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM event_codes").fetchall() == [(5,)]


def test_codes_that_were_left_without_their_event_are_not_in_its_way(ledger: Ledger) -> None:
    found = event(0, codes=["SPX1"])
    ledger.replace_events(refolded(found))
    with ledger._changing() as transaction:
        transaction.run("delete_events", event_ids=[found.event_id])
    ledger.replace_events(refolded(found))
    assert ledger.events(EventFilter(codes=("SPX1",))) == [found]
    assert not [said for said in ledger.broken() if "Looking up" in said or "sights" in said]


def test_events_of_a_video_that_was_replaced_are_found_by_no_code(ledger: Ledger) -> None:
    (file,) = probed(ledger, "a.mp4")
    ledger.replace_events(refolded(event(0, file.video_id, codes=["SPX1"]), event(1, codes=["SPX1"])))
    ledger.register([replace(file, size_bytes=8)], NOON)
    assert ledger.events(EventFilter(codes=("SPX1",))) == [event(1, codes=["SPX1"])]
    assert not [said for said in ledger.broken() if "Looking up" in said or "sights" in said]


def test_a_rebuild_and_a_copy_can_be_looked_up_as_well(ledger: Ledger, tmp_path: Path) -> None:
    ledger.remake_events([event(0, codes=["SPX1"])])
    ledger.backup(tmp_path / "copy.duckdb")
    with Ledger.open(tmp_path / "copy.duckdb") as copy:
        assert copy.events(EventFilter(codes=("spx1",))) == [event(0, codes=["SPX1"])]
    for path in (tmp_path / "copy.duckdb", ledger.path):
        ledger.close()
        with duckdb.connect(path) as connection:
            names = connection.execute("SELECT index_name FROM duckdb_indexes() ORDER BY index_name").fetchall()
        assert [name for (name,) in names] == [
            "clips_by_event",
            "event_codes_by_key",
            "events_by_id",
            "logs_by_video",
        ]


@settings(deadline=None, max_examples=25)
@given(
    drawn=st.lists(st.tuples(st.sampled_from(CAMERAS), st.none() | st.integers(0, 3)), max_size=8),
    limit=st.integers(1, 12),
)
def test_pages_of_videos_put_together_are_the_whole_list(
    kept: Ledger, drawn: list[tuple[str, int | None]], limit: int
) -> None:
    for camera_name, minute in drawn:
        file = found(f"{next(NUMBERS)}.mp4", camera_name)
        kept.register([file], NOON)
        if minute is not None:
            kept.set_header(file.video_id, header(minute))
    whole = kept.videos()
    pages = in_pages(
        lambda last: kept.videos(VideoFilter(limit=limit, after=VideoPlace.of(last) if last else None)), limit
    )
    assert pages == whole
    assert kept.videos(VideoFilter(limit=0)) == []


def test_unfinished_videos_are_told_those_at_work_first(ledger: Ledger) -> None:
    probed(ledger, "b.mp4", "a.mp4")
    claimed(ledger, "c.mp4", "cam2")
    (done,) = probed(ledger, "d.mp4", camera_name="cam0")
    ledger.fail(done.video_id, None, VideoStatus.FAILED, "why", NOON)
    assert ledger.unfinished(10) == {
        VideoStatus.SAMPLING: ["/rec/cam2/c.mp4"],
        VideoStatus.PENDING: ["/rec/cam1/b.mp4", "/rec/cam1/a.mp4"],
    }
    assert ledger.unfinished(2) == {
        VideoStatus.SAMPLING: ["/rec/cam2/c.mp4"],
        VideoStatus.PENDING: ["/rec/cam1/b.mp4"],
    }
    assert list(ledger.unfinished(1).values()) == [["/rec/cam2/c.mp4"], []]
