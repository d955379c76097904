"""How many processors a backlog is worth."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.ledger.values import Backlog
from vtrack_ray.pipeline.scale import Scale
from vtrack_ray.settings import Settings


def scale(**settings: float) -> Scale:
    given_settings = {"CORES_FLOOR": 2, "CORES_CEILING": 16, "CORES_COOL_DOWN_SECONDS": 100, "SPAN_SECONDS": 600}
    return Scale(Settings.model_validate({**given_settings, **settings}))


def left(videos: int, footage_s: float = 0.0) -> list[Backlog]:
    return [Backlog(camera_name="cam1", videos=videos, unprobed=0, footage_s=footage_s, cost=None)]


def test_one_for_each_span_between_floor_and_ceiling() -> None:
    assert scale().wanted([], 0) == 2
    assert scale().wanted(left(5), 0) == 5
    assert scale().wanted(left(5, 5 * 1800), 0) == 15
    assert scale().wanted(left(500), 0) == 16


def test_it_grows_at_once_and_shrinks_after_a_while_to_what_was_needed_meanwhile() -> None:
    one = scale()
    assert [one.wanted(left(n), s) for s, n in ((0, 3), (1, 9))] == [3, 9]
    assert [one.wanted(left(n), s) for s, n in ((10, 2), (60, 5), (109, 3), (110, 3))] == [9, 9, 9, 5]
    assert [one.wanted(left(n), s) for s, n in ((111, 2), (150, 5), (220, 2), (311, 2), (320, 2))] == [5, 5, 5, 5, 2]


@given(st.lists(st.tuples(st.floats(0, 50), st.integers(0, 40)), max_size=40))
def test_it_never_has_less_than_what_is_wanted_nor_leaves_its_limits(steps: list[tuple[float, int]]) -> None:
    one, now_s = scale(), 0.0
    for pause_s, videos in steps:
        now_s += pause_s
        wanted = one.wanted(left(videos), now_s)
        assert min(16, max(2, videos)) <= wanted <= 16
