from __future__ import annotations

from itertools import pairwise

import pytest

from vtrack_ray.render.layout import lay_out
from vtrack_ray.render.order import Look, Order, Packing
from vtrack_ray.render.recorder import moving_times
from vtrack_ray.render.stage import HANDS_BEFORE_S, Stage
from vtrack_ray.render.timeline import plan


@pytest.fixture(scope="module")
def stage() -> Stage:
    order = Order(packing=Packing(events=1, before_s=20.0), look=Look(width_px=640, height_px=360))
    return Stage(plan(order, 0), lay_out(order), order.look)


def test_an_idle_table_is_stored_as_seldom_as_asked_for_and_a_packing_picture_by_picture(stage: Stage) -> None:
    (packed,) = stage.timeline.packed
    taken = [n / 10 for n in range(400)]
    stored = moving_times(stage, 0.0, taken, still_s=4.0)
    assert [t for t in stored if t < packed.arrives_s - HANDS_BEFORE_S] == [0.0, 4.0, 8.0, 12.0, 16.0]
    assert [t for t in stored if packed.arrives_s <= t < packed.leaves_s] == [
        t for t in taken if packed.arrives_s <= t < packed.leaves_s
    ]
    assert stored[-1] == taken[-1]
    assert max(b - a for a, b in pairwise(stored)) <= 4.0 + 1e-9


def test_the_picture_after_the_last_movement_is_stored(stage: Stage) -> None:
    (packed,) = stage.timeline.packed
    stored = moving_times(stage, packed.leaves_s, [n / 10 for n in range(30)], still_s=100.0)
    gone = [t for t in stored if packed.leaves_s + t >= packed.gone_s]
    assert gone[0] == pytest.approx(packed.gone_s - packed.leaves_s, abs=0.1)
    assert gone[1:] == [2.9]


def test_a_still_time_shorter_than_between_pictures_leaves_none_out(stage: Stage) -> None:
    taken = [n / 10 for n in range(100)]
    assert moving_times(stage, 0.0, taken, still_s=0.01) == tuple(taken)
