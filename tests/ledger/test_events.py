from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.examples import MINUTE, NOON, event, refolded
from tests.meaning.test_samples import NUMBERS, TEXTS
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import CameraFindings, EventFilter, Findings
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.event import Event, EventSight, EventStatus
from vtrack_ray.meaning.sample import Sight

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = st.integers(0, 2**31 - 1)
SIGHTS = st.builds(
    EventSight,
    video_id=TEXTS,
    time_s=NUMBERS,
    at=INSTANTS,
    sight=st.builds(
        Sight,
        code=TEXTS,
        symbology=TEXTS,
        area=st.builds(Area, LENGTHS, LENGTHS, LENGTHS, LENGTHS),
        decoder=TEXTS,
    ),
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    started_at, ended_at = sorted([draw(INSTANTS), draw(INSTANTS)])
    start_s, end_s = sorted([draw(NUMBERS), draw(NUMBERS)])
    return Event(
        camera_name=draw(TEXTS),
        started_at=started_at,
        ended_at=ended_at,
        start_s=start_s,
        end_s=end_s,
        video_ids=tuple(draw(st.lists(TEXTS, min_size=1, max_size=3))),
        status=draw(st.sampled_from(EventStatus)),
        sights=tuple(draw(st.lists(SIGHTS, max_size=4))),
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger.open(tmp_path_factory.mktemp("ledger") / "vtrack.duckdb") as opened:
        yield opened


@settings(deadline=None)
@given(drawn=events())
def test_an_event_comes_back_exactly(kept: Ledger, drawn: Event) -> None:
    kept.replace_events(refolded(drawn, camera_name=drawn.camera_name))
    assert kept.events(EventFilter(event_ids=(drawn.event_id,))) == [drawn]


@pytest.fixture
def stocked(ledger: Ledger) -> Ledger:
    """Events at minutes 0, 1 and 2 of one camera, one at minute 1 of another."""
    ledger.replace_events(
        refolded(event(0, codes=["SPX00000001", "VTP00000002"]), event(1, codes=["VTP00000002"]), event(2, codes=[]))
    )
    ledger.replace_events(refolded(event(1, codes=["spx00000001"], camera_name="cam2"), camera_name="cam2"))
    return ledger


@pytest.mark.parametrize(
    ("event_filter", "minutes"),
    [
        (EventFilter(), [0, 1, 1, 2]),
        (EventFilter(codes=("spx00000001",)), [0, 1]),
        (EventFilter(codes=("SPX00000001", "VTP00000002")), [0, 1, 1]),
        (EventFilter(codes=("SPX0000000",)), []),
        (EventFilter(codes=("%",)), []),
        (EventFilter(cameras=("cam2",)), [1]),
        (EventFilter(codes=("SPX00000001",), cameras=("cam1",)), [0]),
        (EventFilter(since=NOON + MINUTE), [1, 1, 2]),
        (EventFilter(since=NOON + 10 / 60 * MINUTE, until=NOON + MINUTE), [0]),
        (EventFilter(since=NOON + 20 / 60 * MINUTE), [1, 1, 2]),
        (EventFilter(until=NOON), []),
        (EventFilter(statuses=(EventStatus.NO_CODE,)), []),
        (EventFilter(event_ids=()), []),
    ],
)
def test_events_are_found_by_every_field(stocked: Ledger, event_filter: EventFilter, minutes: list[int]) -> None:
    assert [(e.started_at - NOON) / MINUTE for e in stocked.events(event_filter)] == minutes


def test_events_of_one_instant_are_given_by_camera(stocked: Ledger) -> None:
    assert [e.camera_name for e in stocked.events()] == ["cam1", "cam1", "cam2", "cam1"]


def test_a_found_event_has_all_of_its_sights(stocked: Ledger) -> None:
    (found,) = stocked.events(EventFilter(codes=("SPX00000001",), cameras=("cam1",)))
    assert found.tracking_codes == ("SPX00000001", "VTP00000002")


def test_events_and_different_codes_are_counted_by_video(ledger: Ledger) -> None:
    ledger.replace_events(
        refolded(event(0, "a", codes=["A", "B"]), event(1, "a", "b", codes=["B"]), event(2, "c", codes=["C"]))
    )
    assert ledger.found_in(["a", "b"]) == Findings(events=2, tracking_codes=2)
    assert ledger.found_in(["d"]) == Findings(events=0, tracking_codes=0)


def test_events_without_a_code_are_counted_by_camera(ledger: Ledger) -> None:
    codeless = replace(event(2, "c", camera_name="cam2", codes=[]), status=EventStatus.NO_CODE)
    ledger.replace_events(refolded(event(0, "a"), event(1, "a", "b")))
    ledger.replace_events(refolded(codeless, event(3, "c", camera_name="cam2"), camera_name="cam2"))
    assert ledger.found_by_camera(["a", "b", "c"]) == [
        CameraFindings(camera_name="cam1", events=2, without_code=0),
        CameraFindings(camera_name="cam2", events=2, without_code=1),
    ]
    assert ledger.found_by_camera(["b"]) == [CameraFindings(camera_name="cam1", events=1, without_code=0)]
    assert ledger.found_by_camera(["d"]) == []


def test_codes_are_found_by_a_part_of_them(ledger: Ledger) -> None:
    ledger.replace_events(
        refolded(event(0, "a", codes=["XSPX1", "SPX2", "spx1"]), event(1, "b", codes=["SPX1", "VTP"]))
    )
    assert ledger.codes_like("spx", 10) == ["SPX1", "SPX2", "spx1", "XSPX1"]
    assert ledger.codes_like("SPX1", 2) == ["SPX1", "spx1"]
    assert ledger.codes_like("Q", 10) == []
    assert ledger.codes_like("%", 10) == []
