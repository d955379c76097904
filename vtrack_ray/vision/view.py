"""A view: an area of a picture, enlarged for a decoder, that knows where it came from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vtrack_ray.meaning.area import Area

Luma = NDArray[np.uint8]

# One task, one core: the scheduler gives out cores, and OpenCV's threads would take them twice.
cv2.setNumThreads(1)


@dataclass(frozen=True, eq=False)
class View:
    """`pixels` (height, width), uint8, show the picture from (`x`, `y`) on, `scale` pixels for each of its own."""

    pixels: Luma
    x: int
    y: int
    scale: int

    def box(self, points: Iterable[tuple[float, float]]) -> Area:
        """The upright rectangle around points of the view, in pixels of the picture; at least one pixel large."""
        xs, ys = zip(*points, strict=True)
        left, top = math.floor(min(xs) / self.scale), math.floor(min(ys) / self.scale)
        right, bottom = math.ceil(max(xs) / self.scale), math.ceil(max(ys) / self.scale)
        return Area(self.x + left, self.y + top, max(1, right - left), max(1, bottom - top))


def view(luma: Luma, area: Area | None = None, scale: int = 1) -> View:
    """`area` of the picture (its part inside; everything if None), `scale` times as large by cubic interpolation."""
    height, width = luma.shape
    x, y, area_width, area_height = (area or Area(0, 0, width, height)).within(width, height)
    pixels = luma[y : y + area_height, x : x + area_width]
    if scale > 1 and pixels.size:
        pixels = enlarged(pixels, scale)
    return View(pixels, x, y, scale)


def enlarged(pixels: Luma, scale: int) -> Luma:
    """The pixels `scale` times as wide and high, by cubic interpolation."""
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
