"""A table: the picture's background, with the trigger card on it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vtrack_ray.render.label import Paper
from vtrack_ray.render.layout import Layout

_WOODS_BGR = ((118, 146, 166), (142, 158, 168), (104, 128, 152), (150, 152, 150))
_MAT_BGR = (92, 104, 84)


def paint_table(layout: Layout, card: Paper | None, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """The idle table (height, width, 3) in BGR: grained wood, a cutting mat, a ruler's ticks, and the card."""
    height, width = layout.height, layout.width
    wood = np.array(_WOODS_BGR[rng.integers(len(_WOODS_BGR))], np.float32)
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = wood
    _lay_mat(picture, layout)
    picture += _grain(height, width, rng)[..., None]
    if card is not None:
        area = layout.card
        picture[area.y : area.bottom, area.x : area.right] = card.grey[..., None]
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def _lay_mat(picture: npt.NDArray[np.float32], layout: Layout) -> None:
    height, width = picture.shape[:2]
    left, right = int(0.2 * width), int(0.8 * width)
    bottom = int(0.86 * height)
    picture[:bottom, left:right] = _MAT_BGR
    step = max(12, width // 40)
    picture[bottom - 4 : bottom, left:right:step] = 190
    for x in range(left, right, step):
        picture[bottom - 8 : bottom, x : x + 2] = 190
    for y in range(bottom - step, layout.parcel.y, -step * 4):
        picture[y : y + 1, left:right] += 14


def _grain(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Streaks along x over slow changes of light, about 0, in grey levels."""
    streaks = rng.normal(0, 1, (height, max(2, width // 48))).astype(np.float32)
    light = rng.normal(0, 1, (5, 8)).astype(np.float32)
    grain = cv2.resize(streaks, (width, height), interpolation=cv2.INTER_CUBIC) * 4.0
    grain += cv2.resize(light, (width, height), interpolation=cv2.INTER_CUBIC) * 5.0
    return np.asarray(grain, np.float32)
