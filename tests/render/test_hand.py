from __future__ import annotations

import warnings
from typing import Any

import cv2
import numpy as np
import pytest

from vtrack_ray.render.layout import lay_out
from vtrack_ray.render.order import Look, Order, Packing
from vtrack_ray.render.painter import Painter
from vtrack_ray.render.stage import Stage
from vtrack_ray.render.timeline import plan

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mediapipe


@pytest.fixture(scope="module")
def finder() -> Any:
    with mediapipe.solutions.hands.Hands(static_image_mode=True, max_num_hands=2, model_complexity=0) as hands:
        yield hands


@pytest.mark.filterwarnings("ignore:SymbolDatabase:UserWarning")
@pytest.mark.parametrize("size", [(640, 360), (1920, 1080)])
def test_mediapipe_finds_rendered_hands_and_none_on_an_idle_table(size: tuple[int, int], finder: Any) -> None:
    order = Order(packing=Packing(events=1, event_s=(8.0, 8.0)), look=Look(width_px=size[0], height_px=size[1]))
    stage = Stage(plan(order, 0), lay_out(order), order.look)
    painter = Painter(order, 0, stage)

    def found(time_s: float) -> bool:
        rgb = cv2.cvtColor(painter.paint(time_s), cv2.COLOR_YUV2RGB_I420)
        return bool(finder.process(rgb).multi_hand_landmarks)

    (packed,) = stage.timeline.packed
    busy = [t for t in np.arange(packed.arrives_s, packed.leaves_s, 0.27) if stage.shows_hand(stage.at(float(t)))]
    assert len(busy) > 20
    assert np.mean([found(float(t)) for t in busy]) >= 0.8
    assert not any(found(t) for t in (0.0, 0.5, 1.0))
