"""Detail: the parts of a picture where light and dark lie so close together that they may be a barcode."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.view import Luma, view

_NEIGHBOURS = np.ones((3, 3), np.uint8)
_CONTRAST = 6
_CONTRAST_SHARE = 0.1
"""A pixel is on an edge if the brightest of its neighbours differs from the darkest by more than this and that share of
itself: 26 on paper of 200. Wherever a code was read, however faintly, of rendered labels of 1.0 to 1.3 px a module, or
of 1.7 px tilted and blurred, 48 would have done as well."""

_DENSITY = 0.45
"""The share of pixels that are on an edge: most of a label's, a quarter along the edge of a parcel."""
_COARSER = 1
"""How often the picture is halved and looked at again, for labels whose modules are too large to be fine detail. Once,
it finds those of up to 4 px a module, and half of a small or a quarter of a large picture is left; twice, of any size,
and next to nothing is left out. Larger ones need no second look: they are read as they are."""

_HALVINGS = 3
_CELL_PX = 2**_HALVINGS
"""Pixels are counted in squares of four such cells, so that one of them lies within a label of 20 px."""
_AROUND = np.ones((7, 7), np.uint8)
"""Three cells on each side belong to it: the quiet zone that a decoder wants to see, and the bars at a label's edge."""
_STRIP_PX = 128
"""A strip of so many rows stays in the processor's cache from one step to the next."""

Cells = NDArray[np.uint8]


def detailed(lumas: Sequence[Luma], area: Area | None = None) -> list[Area]:
    """The parts of `area` (everything if None) that show fine detail in any of the pictures; no two overlap.

    `lumas`: at least one picture, all of one size, shape (height, width), uint8. 3 ms a picture at 1080p, half of
    what searching it for codes takes. Print, fabric and noise are detail as well: what is left out is paper, skin,
    table tops and parcels.
    """
    shown = [view(luma, area) for luma in lumas]
    height_px, width_px = shown[0].pixels.shape
    if not shown[0].pixels.size:
        return []
    is_around = np.any([_is_around_detail(one.pixels) for one in shown], axis=0)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(is_around.astype(np.uint8))
    found = [Area(*(int(cells) * _CELL_PX for cells in box[:4])).within(width_px, height_px) for box in boxes[1:]]
    return [Area(shown[0].x + x, shown[0].y + y, width, height) for x, y, width, height in _merged(found)]


def _is_around_detail(pixels: Luma) -> NDArray[np.bool_]:
    """Which cells show detail or lie close to some, in the picture or a coarser one."""
    below, beside = (-side % (_CELL_PX << _COARSER) for side in pixels.shape)
    shown = np.pad(pixels, ((0, below), (0, beside)), "edge")
    found = np.zeros([side // _CELL_PX for side in shown.shape], np.bool_)
    for coarser in range(_COARSER + 1):
        density = np.asarray(cv2.blur(_on_edges(shown), (2, 2)), np.uint8)
        is_dense = (density > _DENSITY * 255).astype(np.uint8)
        around = np.asarray(cv2.dilate(is_dense, _AROUND), np.bool_)
        found |= around.repeat(1 << coarser, axis=0).repeat(1 << coarser, axis=1)
        shown = _halved(shown)
    return found


def _on_edges(pixels: Luma) -> Cells:
    """The share of pixels of each cell that are on an edge, 0 to 255; both sides are multiples of a cell's."""
    strips = []
    for top in range(0, pixels.shape[0], _STRIP_PX):
        strip = pixels[top : top + _STRIP_PX]
        brightest = cv2.dilate(strip, _NEIGHBOURS)
        contrast = cv2.subtract(brightest, cv2.erode(strip, _NEIGHBOURS))
        least = cv2.convertScaleAbs(brightest, alpha=_CONTRAST_SHARE, beta=_CONTRAST)
        share = np.asarray(cv2.compare(contrast, least, cv2.CMP_GT), np.uint8)
        for _ in range(_HALVINGS):
            share = _halved(share)
        strips.append(share)
    return np.concatenate(strips)


def _halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape
    # Half by half: OpenCV takes ten times as long for an eighth at once.
    return np.asarray(cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)


def _merged(areas: Sequence[Area]) -> list[Area]:
    """The areas, those that overlap as one that covers both."""
    apart: list[Area] = []
    for area in areas:
        while (other := next((one for one in apart if one.overlaps(area)), None)) is not None:
            apart.remove(other)
            area = area.joined(other)
        apart.append(area)
    return apart
