"""A parcel: a cardboard box seen from above, with the labels that stick on it."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from vtrack_ray.render.label import Paper

_CARDBOARD_BGR = (98, 142, 182)
_TAPE_BGR = (120, 168, 200)


def paint_parcel(
    width: int, height: int, labels: Iterable[tuple[tuple[int, int], Paper]], tone: float, seed: int
) -> npt.NDArray[np.uint8]:
    """The box (height, width, 3) in BGR with labels at their corners; `tone` scales the cardboard's brightness."""
    rng = np.random.default_rng(seed)
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = _CARDBOARD_BGR
    tape = max(6, height // 12)
    middle = height // 2
    picture[middle - tape // 2 : middle + tape // 2] = _TAPE_BGR
    picture[middle - 1 : middle + 1] *= 0.75
    fibre = cv2.resize(
        rng.normal(0, 1, (max(2, height // 24), width)).astype(np.float32),
        (width, height),
        interpolation=cv2.INTER_LINEAR,
    )
    picture += 3.0 * np.asarray(fibre, np.float32)[..., None]
    rim = max(2, width // 160)
    picture[:rim] *= 1.12
    picture[:, :rim] *= 1.06
    picture[-rim:] *= 0.72
    picture[:, -rim:] *= 0.80
    picture *= tone
    for (x, y), paper in labels:
        rows, columns = paper.grey.shape
        under = picture[y : y + rows, x : x + columns]
        cover = paper.cover[..., None]
        under[...] = under * (1 - cover) + paper.grey[..., None] * cover
    return np.asarray(np.clip(picture, 0, 255), np.uint8)
