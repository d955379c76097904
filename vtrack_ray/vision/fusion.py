"""Fusion: codes that no single picture shows well enough, read from the average of several."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.codes import Reading, read_by_zbar, read_by_zxing
from vtrack_ray.vision.stack import Stack, stacks
from vtrack_ray.vision.view import Luma, View

_SCALE = 3
"""Measured on labels of 1.1 to 1.3 px a module that sway: of 11 windows of 12 pictures, three times the size reads 11,
twice 8; single pictures at either read 8."""

_SHARPEN = (1.5, 2.5)
_BLUR_PX = 1.0
"""Unsharp masking: what a blur of this deviation (pixels of the picture) takes away is added so many times, the least
that does first.

Measured on QR codes of 1.4 px a module, blurred by 0.7 px, noise 12: of 12 pictures none is read at any scale; their
average is read 2 times in 6 when sharpened by 0.5, 5 times by 1.0, 6 times by 1.5. On rendered labels of 1.7 px modules
that lean by 20 degrees, blurred by 0.7 px: of 5 windows, 1.5 reads 2 and 2.5 reads 3.
"""


def read_fused(lumas: Sequence[Luma], *, symbologies: Sequence[str], area: Area | None = None) -> list[Reading]:
    """The barcodes that the average of several pictures shows, as they are or laid on what moves in them.

    `lumas`: pictures of one size, shape (height, width), uint8; areas are those in the middle one. Sharpening can make
    a code of noise, so a reading counts only with a witness: both halves of the pictures (every other one) read it too,
    or zbar does. Raises ToolMissing where zbar is not installed.
    """
    if len(lumas) < 2:
        return []
    for stack in stacks(lumas, area):
        if readings := _witnessed(stack, symbologies):
            return readings
    return []


def _witnessed(stack: Stack, symbologies: Sequence[str]) -> list[Reading]:
    fused = stack.fused(_SCALE)
    readings = _read(fused, symbologies)
    if not readings:
        return []
    first, second = (_codes(_read(half.fused(_SCALE), symbologies)) for half in stack.halves())
    witnessed = first & second
    if any((r.symbology, r.text) not in witnessed for r in readings):
        witnessed |= _codes(read_by_zbar(_sharpened(fused, _SHARPEN[0]), symbologies, "zbar"))
    return [r for r in readings if (r.symbology, r.text) in witnessed]


def _read(fused: View, symbologies: Sequence[str]) -> list[Reading]:
    """What zxing reads in the average, sharpened as little as it takes."""
    for amount in _SHARPEN:
        if readings := read_by_zxing(_sharpened(fused, amount), symbologies, f"fused x{_SCALE}"):
            return readings
    return []


def _sharpened(shown: View, amount: float) -> View:
    blurred = cv2.GaussianBlur(shown.pixels, (0, 0), _BLUR_PX * shown.scale)
    sharp = cv2.addWeighted(shown.pixels, 1 + amount, blurred, -amount, 0)
    return View(np.asarray(sharp, np.uint8), shown.x, shown.y, shown.scale)


def _codes(readings: Sequence[Reading]) -> set[tuple[str, str]]:
    return {(reading.symbology, reading.text) for reading in readings}
