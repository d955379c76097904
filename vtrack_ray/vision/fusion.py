"""Fusion: codes that no single picture shows well enough, read from the average of several of a still scene."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.codes import Reading, read_by_zbar, read_by_zxing
from vtrack_ray.vision.view import Luma, View, enlarged, view

_SCALES = (2, 3)
"""FACTS: twice the size reads 1.6 px a module, three times and sharpened 1.4 px and tilted codes."""

_SHARPEN = 1.5
_BLUR_PX = 1.0
"""Unsharp masking: what a blur of this deviation (in pixels of the picture) takes away is added this many times.

Measured on QR codes of 1.4 px a module, blurred by 0.7 px, noise 12: of 12 pictures none is read at any scale; their
average is read 2 times in 6 when sharpened by 0.5, 5 times by 1.0, 6 times by 1.5; by 2.5 noise wins at 1.2 px.
"""


def read_hard(lumas: Sequence[Luma], *, symbologies: Sequence[str], area: Area | None = None) -> list[Reading]:
    """The barcodes that the average of several pictures of a still scene shows.

    `lumas`: pictures of one size, shape (height, width), uint8. Sharpening can make a code of noise, so a reading
    counts only with a witness: both halves of the pictures (every other one) read it too, or zbar does.
    Decoders are `fused x2` and `fused x3`. Raises ToolMissing where zbar is not installed.
    """
    if not lumas:
        return []
    readings = _read(lumas, symbologies, area)
    if not readings:
        return []
    witnessed = _codes(_read(lumas[::2], symbologies, area)) & _codes(_read(lumas[1::2], symbologies, area))
    if any((r.symbology, r.text) not in witnessed for r in readings):
        views = (_fused(lumas, area, scale) for scale in _SCALES)
        witnessed |= _codes([r for shown in views for r in read_by_zbar(shown, symbologies, "zbar")])
    return [r for r in readings if (r.symbology, r.text) in witnessed]


def _read(lumas: Sequence[Luma], symbologies: Sequence[str], area: Area | None) -> list[Reading]:
    """Each code that zxing reads in the average, at the smallest scale at which it does."""
    found: dict[tuple[str, str], Reading] = {}
    for scale in _SCALES if lumas else ():
        for reading in read_by_zxing(_fused(lumas, area, scale), symbologies, f"fused x{scale}"):
            found.setdefault((reading.symbology, reading.text), reading)
    return list(found.values())


def _fused(lumas: Sequence[Luma], area: Area | None, scale: int) -> View:
    """The average of the pictures, enlarged and sharpened."""
    first = view(lumas[0], area)
    if not first.pixels.size:
        return first
    mean = np.mean([view(luma, area).pixels for luma in lumas], axis=0, dtype=np.float32)
    large = enlarged(np.rint(mean).astype(np.uint8), scale)
    blurred = cv2.GaussianBlur(large, (0, 0), _BLUR_PX * scale)
    sharp = cv2.addWeighted(large, 1 + _SHARPEN, blurred, -_SHARPEN, 0)
    return View(np.asarray(sharp, np.uint8), first.x, first.y, scale)


def _codes(readings: Sequence[Reading]) -> set[tuple[str, str]]:
    return {(reading.symbology, reading.text) for reading in readings}
