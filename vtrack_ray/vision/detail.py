"""Detail: the parts of a picture where light and dark lie so close together that they may be a barcode."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.view import Luma, view

_NEIGHBOURS = np.ones((3, 3), np.uint8)
_CONTRAST = 10
"""Grey levels by which the brightest and the darkest of a pixel and its neighbours differ where it is on an edge.

In labels printed in a faded 205 on 235 and blurred by 0.7 px they differ by less than 13, and some of those are still
read from fused pictures at 1.4 px a module. In camera noise with a deviation of 3, most differ by less than 10.
"""
_DENSITY = 0.55
"""The share of pixels that are on an edge: most of a label's, a third along the edge of a parcel."""
_COARSER = 1
"""How often the picture is halved and looked at again: modules of more than 2 px leave gaps between their edges, unless
they are blurred. Once finds sharp labels of up to 4 px a module, and larger ones are read as they are; twice finds
those as well, and leaves out next to nothing."""

_HALVINGS = 3
_CELL_PX = 2**_HALVINGS
"""Edges are counted in squares of two by two such cells: the least label, of 20 px, fills most of one."""
_AROUND, _AROUND_AT = np.ones((8, 8), np.uint8), (3, 3)
"""Three cells on each side of such a square belong to it: the quiet zone that a decoder wants to see, and the bars at a
label's edge. A square is known by its lower right cell."""
_STRIP_PX = 128
"""A strip of so many rows stays in the processor's cache from one step to the next."""


def detailed(lumas: Sequence[Luma], area: Area | None = None) -> list[Area]:
    """The parts of `area` (everything if None) that show fine detail in any of the pictures; no two overlap.

    `lumas`: at least one picture, all of one size, shape (height, width), uint8. At 1080p it takes two thirds as long
    as searching a picture for codes. Print, fabric and noise are detail as well: what is left out is paper, skin,
    table tops and parcels.
    """
    shown = [view(luma, area) for luma in lumas]
    height_px, width_px = shown[0].pixels.shape
    if not shown[0].pixels.size:
        return []
    is_around = np.any([_is_around_detail(one.pixels) for one in shown], axis=0)
    _, _, (_, *boxes), _ = cv2.connectedComponentsWithStats(is_around.astype(np.uint8))  # the first one is the rest
    found = [Area(*(int(cells) * _CELL_PX for cells in box[:4])).within(width_px, height_px) for box in boxes]
    return [Area(shown[0].x + x, shown[0].y + y, width, height) for x, y, width, height in _merged(found)]


def _is_around_detail(pixels: Luma) -> NDArray[np.bool_]:
    """Which cells show detail or lie close to some, in the picture or a coarser one."""
    below, beside = (-side % (_CELL_PX << _COARSER) for side in pixels.shape)
    shown = np.pad(pixels, ((0, below), (0, beside)), "edge")
    found = np.zeros([side // _CELL_PX for side in shown.shape], np.bool_)
    for coarser in range(_COARSER + 1):
        shown = _halved(shown) if coarser else shown
        density = np.asarray(cv2.blur(_on_edges(shown), (2, 2)), np.uint8)
        is_dense = (density > _DENSITY * 255).astype(np.uint8)
        around = np.asarray(cv2.dilate(is_dense, _AROUND, anchor=_AROUND_AT), np.bool_)
        found |= around.repeat(1 << coarser, axis=0).repeat(1 << coarser, axis=1)
    return found


def _on_edges(pixels: Luma) -> NDArray[np.uint8]:
    """The share of pixels of each cell that are on an edge, 0 to 255; both sides are multiples of a cell's."""
    strips = []
    for top in range(0, pixels.shape[0], _STRIP_PX):
        strip = pixels[top : top + _STRIP_PX]
        contrast = cv2.subtract(cv2.dilate(strip, _NEIGHBOURS), cv2.erode(strip, _NEIGHBOURS))
        share = np.asarray(cv2.threshold(contrast, _CONTRAST, 255, cv2.THRESH_BINARY)[1], np.uint8)
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
