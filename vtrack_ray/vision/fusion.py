"""Fusion: codes that no single picture shows well enough, read from the average of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.codes import Reading, read_by_zbar, read_by_zxing
from vtrack_ray.vision.stack import Stack, stacks
from vtrack_ray.vision.view import Luma, View

_SCALE = 3
"""Measured on labels of 1.1 to 1.3 px a module that sway: of 11 windows of 12 pictures, three times the size reads 11,
twice 8; single pictures at either read 8."""

_SHARPEN = 1.5
_BLUR_PX = 1.0
"""Unsharp masking: what a blur of this deviation (pixels of the picture) takes away is added so many times.

Measured on QR codes of 1.4 px a module, blurred by 0.7 px, noise 12: of 12 pictures none is read at any scale; their
average is read 2 times in 6 when sharpened by 0.5, 5 times by 1.0, 6 times by 1.5.
"""

_LENS_PX = 0.9
_NOISE_POWER = 0.01
_REACH_PX = 5
"""Deblurring: the lens's blur and the pixels' own width as one deviation, the noise's power as a share of the print's.

Measured on rendered labels of 1.7 px modules that lean by 20 degrees, blurred by 0.7 px, in 8 windows of 4 to 12
pictures: unsharp masking reads 2, at any strength and deviation 4; Richardson and Lucy's method 3, thresholds by
neighbourhood none, this one 7. Of modules of 1.1 px, where nothing is left at such frequencies but noise, it reads
none, and unsharp masking 8 of 8.
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
    averages = stack.fused(_SCALE)
    whole = next(averages)
    readings = _read(whole, symbologies)
    if not readings:
        return []
    first, second = (_codes(_read(half, symbologies)) for half in averages)
    witnessed = first & second
    if any((r.symbology, r.text) not in witnessed for r in readings):
        for shown in _cleared(whole):
            witnessed |= _codes(read_by_zbar(shown, symbologies, "zbar"))
    return [r for r in readings if (r.symbology, r.text) in witnessed]


def _read(fused: View, symbologies: Sequence[str]) -> list[Reading]:
    """What zxing reads in the average, sharpened or else deblurred."""
    for shown in _cleared(fused):
        if readings := read_by_zxing(shown, symbologies, f"fused x{_SCALE}"):
            return readings
    return []


def _cleared(fused: View) -> Iterator[View]:
    yield replace(fused, pixels=_sharpened(fused.pixels))
    yield replace(fused, pixels=_deblurred(fused.pixels))


def _sharpened(pixels: Luma) -> Luma:
    blurred = cv2.GaussianBlur(pixels, (0, 0), _BLUR_PX * _SCALE)
    return np.asarray(cv2.addWeighted(pixels, 1 + _SHARPEN, blurred, -_SHARPEN, 0), np.uint8)


def _deblurred(pixels: Luma) -> Luma:
    return np.asarray(cv2.filter2D(pixels, -1, _wiener_filter(), borderType=cv2.BORDER_REPLICATE), np.uint8)


@cache
def _wiener_filter() -> NDArray[np.float32]:
    """Wiener's filter against a Gaussian blur, shape (side, side); the sum is 1, so that paper stays as bright."""
    reach = _REACH_PX * _SCALE
    square = np.fft.fftfreq(16 * reach + 1) ** 2
    passed = np.exp(-2 * np.pi**2 * (_LENS_PX * _SCALE) ** 2 * (square[:, None] + square[None, :]))
    whole = np.fft.fftshift(np.fft.ifft2(passed / (passed**2 + _NOISE_POWER)).real)
    middle = slice(7 * reach, 9 * reach + 1)
    kept = whole[middle, middle]
    return np.asarray(kept / kept.sum(), np.float32)


def _codes(readings: Sequence[Reading]) -> set[tuple[str, str]]:
    return {(reading.symbology, reading.text) for reading in readings}
