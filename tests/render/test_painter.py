from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from vtrack_ray.render.layout import Layout, lay_out
from vtrack_ray.render.order import Look, Order, Packing
from vtrack_ray.render.painter import Painter
from vtrack_ray.render.stage import Stage
from vtrack_ray.render.timeline import plan

SMALL = Look(width_px=640, height_px=360)


def painted(look: Look, times_s: list[float]) -> tuple[list[np.ndarray[Any, np.dtype[np.int16]]], Layout]:
    """Luma of an idle table at these times, as painted."""
    order = Order(packing=Packing(events=0), look=look)
    layout = lay_out(order)
    painter = Painter(order, 0, Stage(plan(order, 0), layout, look))
    return [painter.paint(time_s)[: look.height_px].astype(np.int16) for time_s in times_s], layout


def test_only_the_screen_changes_on_a_cluttered_idle_table() -> None:
    pictures, layout = painted(replace(SMALL, clutter=True, noise=0), [n / 25 for n in range(10)])
    area = layout.screen
    screen = (slice(area.y, area.bottom), slice(area.x, area.right))
    for before, after in pairwise(pictures):
        change = np.abs(after - before)
        assert change[screen].mean() > 20
        change[screen] = 0
        assert change.max() == 0


def test_a_night_picture_is_dark_but_its_screen_shines_and_its_noise_stays() -> None:
    (day, _), layout = painted(replace(SMALL, clutter=True), [0.0, 1.0])
    (night, later), _ = painted(replace(SMALL, clutter=True, brightness=0.25), [0.0, 1.0])
    area = layout.screen
    screen = (slice(area.y, area.bottom), slice(area.x, area.right))
    assert night[: area.y - 16].mean() - 16 == pytest.approx((day[: area.y - 16].mean() - 16) / 4, rel=0.05)
    assert night[screen].mean() == pytest.approx(day[screen].mean(), rel=0.05)
    assert np.std((later - night)[: area.y - 16]) == pytest.approx(2 * np.sqrt(2), rel=0.1)


def test_light_drifts_by_as_much_as_ordered_a_little_with_each_picture() -> None:
    look = replace(SMALL, light_drift=24, light_period_s=8, noise=1)
    pictures, _ = painted(look, [n / 25 for n in range(200)])
    levels = np.array([picture.mean() for picture in pictures])
    assert levels.max() - levels.min() == pytest.approx(24, abs=0.5)
    assert levels.argmax() / 25 == pytest.approx(2, abs=0.1)
    assert levels.argmin() / 25 == pytest.approx(6, abs=0.1)
    # The steepest change is 24 * pi / 8 grey levels a second.
    assert np.abs(np.diff(levels)).max() < 24 * np.pi / 8 / 25 + 0.05


def test_drifting_light_is_cut_off_at_black_and_white() -> None:
    (dark, bright), _ = painted(replace(SMALL, light_drift=200, light_period_s=8, brightness=0.1), [6.0, 2.0])
    assert dark.min() == 0
    assert dark.mean() < 2
    assert bright.mean() > 100
