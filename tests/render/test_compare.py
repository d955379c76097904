from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from vtrack_ray.render.compare import compare
from vtrack_ray.render.truth import TrueCamera, TrueEvent, Truth

ORIGIN = datetime(2026, 11, 1, tzinfo=UTC)


def true(start_s: float, end_s: float, *codes: str) -> TrueEvent:
    return TrueEvent(
        start_s=start_s,
        end_s=end_s,
        started_at=ORIGIN + timedelta(seconds=start_s),
        ended_at=ORIGIN + timedelta(seconds=end_s),
        videos=("cam1/a.mp4",),
        tracking_codes=codes,
        sights=(),
    )


def found(start_s: float, end_s: float, *codes: str, camera_name: str = "cam1") -> dict[str, Any]:
    return {
        "camera_name": camera_name,
        "started_at": (ORIGIN + timedelta(seconds=start_s)).isoformat(),
        "ended_at": (ORIGIN + timedelta(seconds=end_s)).isoformat(),
        "tracking_codes": list(codes),
    }


def truth(*events: TrueEvent) -> Truth:
    return Truth(seed=1, cameras=(TrueCamera(camera_name="cam1", videos=(), trigger_area=None, events=events),))


def test_events_that_agree_are_paired_with_their_errors() -> None:
    comparison = compare(truth(true(10, 20, "A"), true(30, 40, "B")), [found(30.2, 39.7, "B"), found(9.9, 20, "A")])
    assert comparison.worst_start_error_s == 0.2
    assert comparison.worst_end_error_s == 0.3
    assert [pair.true.tracking_codes for pair in comparison.pairs] == [("A",), ("B",)]
    assert comparison.agrees(0.5)
    assert not comparison.agrees(0.25)


def test_missed_and_invented_events_and_codes_are_told() -> None:
    comparison = compare(
        truth(true(10, 20, "A", "B"), true(30, 40, "C")),
        [found(10, 20, "A", "X"), found(50, 60, "Y"), found(30, 40, "C", camera_name="cam2")],
    )
    assert [event.tracking_codes for _, event in comparison.missed] == [("C",)]
    assert len(comparison.invented) == 2
    assert comparison.codes_missed == (("cam1", "B"), ("cam1", "C"))
    assert comparison.codes_invented == (("cam1", "X"), ("cam1", "Y"), ("cam2", "C"))
    assert not comparison.agrees(10)


def test_one_found_event_stands_for_one_true_event_only() -> None:
    comparison = compare(truth(true(10, 20), true(22, 40)), [found(10, 40)])
    assert [pair.true.start_s for pair in comparison.pairs] == [22]
    assert [event.start_s for _, event in comparison.missed] == [10]
