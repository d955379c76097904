"""A light: how bright all is that the camera sees, and how that changes with time."""

from __future__ import annotations

import cv2
import numpy as np

from vtrack_ray.render.order import Look
from vtrack_ray.render.sprite import Plane


class Light:
    """The light of one camera's footage. Pictures painted in daylight go in, as bright as ordered they come out."""

    def __init__(self, look: Look, seed: tuple[int, ...]) -> None:
        self.brightness = look.brightness
        self._drift = look.light_drift
        self._period_s = look.light_period_s
        self._dither = (
            np.random.default_rng(seed).random((look.height_px, look.width_px), np.float32) if self._drift else None
        )

    def on(self, bgr: Plane) -> Plane:
        """A picture (height, width, 3) in the order's brightness; the picture itself where that is full daylight."""
        return bgr if self.brightness == 1 else np.asarray(cv2.convertScaleAbs(bgr, alpha=self.brightness), np.uint8)

    def drifted(self, luma: Plane, time_s: float) -> Plane:
        """The luma of a whole picture in the light at `time_s`; the plane itself where the light doesn't change."""
        if self._dither is None:
            return luma
        grey_levels = self._drift / 2 * np.sin(2 * np.pi * time_s / self._period_s)
        # Each pixel steps at a moment of its own: in a camera too, noise keeps pictures from stepping as a whole.
        step = np.floor(np.float32(grey_levels) + self._dither).astype(np.int8)
        return np.asarray(cv2.add(luma, step, dtype=cv2.CV_8U), np.uint8)
