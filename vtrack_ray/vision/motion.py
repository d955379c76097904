"""Motion: what moved from one picture to the next, and how closely to look at it."""

from __future__ import annotations

import cv2
import numpy as np

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.view import Luma, view

_WIDTH_PX = 240
"""Pictures are compared at this width: noise is averaged away, and a hand is still some pixels wide."""
_CHANGED = 10
"""Grey levels; averaged noise stays far below."""
_JOIN_PX = 5
"""What moves shows along its edges: edges this close together are one thing's."""
_ROOM = 2.5
_LEAST_PX = 200
"""What moves of a hand is a part of it, and it is found best with room around. Measured on clips of signing hands, put
small on a large still picture, a quarter of the pictures: where hands fill a tenth of the width they are found in 53 %
of the whole pictures, in 89 % of whole or surroundings; at a twentieth in none, and in 63 %."""


def surroundings(before: Luma, after: Luma, area: Area | None = None) -> Area | None:
    """A square with what moved in its middle, cut off at the picture's edges; None if nothing moved."""
    moved = moved_area(before, after, area)
    if moved is None:
        return None
    side = max(_LEAST_PX, round(_ROOM * max(moved.width, moved.height)))
    x, y = moved.x + (moved.width - side) // 2, moved.y + (moved.height - side) // 2
    height_px, width_px = after.shape
    return Area(x, y, side, side).within(width_px, height_px)


def moved_area(before: Luma, after: Luma, area: Area | None = None) -> Area | None:
    """The upright rectangle around the largest thing in `area` (everything if None) that moved; None if nothing did.

    `before` and `after` have one shape (height, width), uint8.
    """
    shown = view(after, area)
    if not shown.pixels.size or before.shape != after.shape:
        return None
    scale = min(1.0, _WIDTH_PX / shown.pixels.shape[1])
    small = [
        cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for pixels in (view(before, area).pixels, shown.pixels)
    ]
    changed = (cv2.absdiff(*small) > _CHANGED).astype(np.uint8)
    joined = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((_JOIN_PX, _JOIN_PX), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    if len(stats) < 2:
        return None
    x, y, width, height, _ = max(stats[1:], key=lambda row: int(row[cv2.CC_STAT_AREA]))
    left, top = shown.x + int(x / scale), shown.y + int(y / scale)
    return Area(left, top, max(1, round(width / scale)), max(1, round(height / scale)))
