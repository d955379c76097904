"""When the backlog will be done."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.ledger.values import Backlog
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.pipeline.forecast import all_left_s, forecasts, slots_of


def left(camera_name: str, footage_s: float, cost: float | None, videos: int = 1) -> Backlog:
    return Backlog(camera_name=camera_name, videos=videos, unprobed=0, footage_s=footage_s, cost=cost)


def batch(node: str, **figures: float) -> Occurrence:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return Occurrence(at=at, kind=OccurrenceKind.BATCH, text="", node=node, figures=figures)


def test_a_camera_alone_has_all_slots() -> None:
    [forecast] = forecasts([left("cam1", 1000, 0.5)], 2)
    assert (forecast.speed, forecast.left_s) == (2.0, 250.0)


def test_cameras_share_the_slots_until_one_is_done() -> None:
    short, long = forecasts([left("cam1", 100, 1.0), left("cam2", 300, 1.0)], 2)
    # Both get one slot for 100 s; then the second has 200 s of work left on two.
    assert (short.left_s, long.left_s) == (100.0, 200.0)


def test_a_camera_that_was_never_measured_is_taken_to_cost_what_others_do() -> None:
    known, unknown = forecasts([left("cam1", 100, 0.5), left("cam2", 100, None)], 1)
    assert unknown.speed is None
    assert unknown.left_s == known.left_s == 100.0


def test_before_anything_was_measured_nothing_is_foretold() -> None:
    some, none = forecasts([left("cam1", 100, None), left("cam2", 0, None, videos=0)], 1)
    assert some.left_s is None
    assert none.left_s == 0.0, "what is done is done"


def test_all_is_done_when_the_last_camera_is_and_not_foretold_before_each_is() -> None:
    some, none = left("cam1", 100, 1.0), left("cam2", 0, None, videos=0)
    assert all_left_s(forecasts([some, none], 1)) == 100.0
    assert all_left_s(forecasts([none], 1)) == 0.0
    assert all_left_s(forecasts([left("cam1", 100, None), none], 1)) is None
    assert all_left_s([]) is None


def test_nothing_goes_on_without_a_slot() -> None:
    some, done = forecasts([left("cam1", 100, 1.0), left("cam2", 0, 1.0, videos=0)], 0)
    assert (some.left_s, done.left_s) == (None, 0.0)


def test_nobody_waits_for_nothing() -> None:
    assert forecasts([], 2) == []


def test_the_latest_word_on_each_machine_counts_and_a_core_does_one_thing() -> None:
    batches = [
        batch("one", size=2, cores=8),
        batch("two", size=16, cores=8),
        batch("one", size=3, cores=8),
        batch("gone", size=4, cores=4),
        batch("gone", size=0),
    ]
    assert slots_of(batches) == 3 + 8
    assert slots_of([]) == 0


backlogs = st.lists(
    st.builds(left, st.uuids().map(str), st.floats(0, 1e7), st.floats(1e-3, 10)), min_size=1, max_size=8
)


@given(backlogs, st.integers(1, 64))
def test_the_last_camera_is_done_when_all_work_is(backlog: list[Backlog], slots: int) -> None:
    work_s = sum(camera.footage_s * (camera.cost or 0) for camera in backlog)
    last_s = max(forecast.left_s or 0.0 for forecast in forecasts(backlog, slots))
    assert last_s == pytest.approx(work_s / slots)


@given(backlogs, st.integers(1, 64))
def test_who_has_less_to_do_is_done_no_later(backlog: list[Backlog], slots: int) -> None:
    found = {forecast.camera_name: forecast.left_s or 0.0 for forecast in forecasts(backlog, slots)}
    by_work = sorted(backlog, key=lambda camera: camera.footage_s * (camera.cost or 0))
    in_order = [found[camera.camera_name] for camera in by_work]
    assert in_order == pytest.approx(sorted(in_order))
    # Alone, nobody takes longer than among others.
    for camera in backlog:
        [alone] = forecasts([camera], slots)
        assert (alone.left_s or 0.0) <= found[camera.camera_name] * (1 + 1e-9)
