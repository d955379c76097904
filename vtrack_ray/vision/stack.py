"""A stack: pictures laid on one another so that a thing that moved between them lies still."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.view import Luma, View, enlarged, view

Move = NDArray[np.float64]
"""Where a point of the reference picture lies in another one: shape (2, 3), to be multiplied with (x, y, 1)."""

_STILL: Move = np.eye(2, 3)

_MOST_CORNERS = 500
_CORNER_QUALITY = 0.01
_CORNER_DISTANCE_PX = 6
_WINDOW_PX = (21, 21)
"""Corners are followed (Lucas and Kanade, in pyramids, as OpenCV has it) by what lies around them."""
_MOVED_PX = 0.4
_FITS_PX = 0.8
_FEWEST_CORNERS = 12
"""So many corners that move as one are a thing: a label's code alone has more."""
_STRAY = 0.1
_AROUND_PX = 48
"""A barcode has corners all over, so that a tenth on each side can be left out if this much is added again."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Pictures, each with its move from the reference picture; `area` is the part of the reference that is shown."""

    pictures: tuple[Luma, ...]
    moves: tuple[Move, ...]
    area: Area

    def fused(self, scale: int) -> View:
        """The average of the pictures in `area`, `scale` times as large.

        What moved by parts of a pixel is laid on the finer grid, so that the pictures show more together than each.
        """
        if all(move is _STILL for move in self.moves):
            mean = np.mean([view(luma, self.area).pixels for luma in self.pictures], axis=0, dtype=np.float32)
            return View(enlarged(np.rint(mean).astype(np.uint8), scale), self.area.x, self.area.y, scale)
        size = (self.area.width * scale, self.area.height * scale)
        total = np.zeros((size[1], size[0]), np.float32)
        for luma, move in zip(self.pictures, self.moves, strict=True):
            total += cv2.warpAffine(
                luma,
                move @ _to_picture(self.area, scale),
                size,
                flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )
        mean = np.rint(total / len(self.pictures))
        return View(np.clip(mean, 0, 255).astype(np.uint8), self.area.x, self.area.y, scale)

    def halves(self) -> tuple[Stack, Stack]:
        """Every other picture, and those between."""
        first, second = (Stack(self.pictures[n::2], self.moves[n::2], self.area) for n in (0, 1))
        return first, second


def stacks(lumas: Sequence[Luma], area: Area | None = None) -> list[Stack]:
    """The pictures (at least two, of one size) as they are, and as seen from the largest thing that moves as one.

    `area` is the part of them that counts; the reference is the middle picture.
    """
    reference = lumas[len(lumas) // 2]
    height, width = reference.shape
    whole = (area or Area(0, 0, width, height)).within(width, height)
    if whole.width <= 0 or whole.height <= 0:
        return []
    still = Stack(tuple(lumas), (_STILL,) * len(lumas), whole)
    moving = _moving(lumas, reference, whole)
    return [moving, still] if moving else [still]


def _moving(lumas: Sequence[Luma], reference: Luma, area: Area) -> Stack | None:
    corners = _corners(reference, area)
    moved = np.zeros(len(corners), np.bool_)
    pictures, moves = [], []
    for luma in lumas:
        followed = _followed(reference, luma, corners) if luma is not reference else (_STILL, moved)
        if followed is None:
            continue
        pictures.append(luma)
        moves.append(followed[0])
        moved = moved | followed[1]
    if not moved.any():
        return None
    return Stack(tuple(pictures), tuple(moves), _around(corners[moved]).common(area))


def _around(corners: NDArray[np.float32]) -> Area:
    """Where most of the corners lie, and some room: single ones may be a hand's, or lost."""
    (left, top), (right, bottom) = np.quantile(corners, (_STRAY, 1 - _STRAY), axis=0)
    return Area(int(left), int(top), math.ceil(right - left), math.ceil(bottom - top)).grown(_AROUND_PX)


def _corners(luma: Luma, area: Area) -> NDArray[np.float32]:
    """Points that can be followed, shape (n, 2)."""
    shown = view(luma, area)
    found = cv2.goodFeaturesToTrack(shown.pixels, _MOST_CORNERS, _CORNER_QUALITY, _CORNER_DISTANCE_PX)
    if found is None:
        return np.empty((0, 2), np.float32)
    return np.asarray(found.reshape(-1, 2) + np.array([shown.x, shown.y]), np.float32)


def _followed(reference: Luma, luma: Luma, corners: NDArray[np.float32]) -> tuple[Move, NDArray[np.bool_]] | None:
    """How the largest thing that moved has moved, and which corners are its own; None if it was lost from sight."""
    own = np.zeros(len(corners), np.bool_)
    if not len(corners):
        return None
    there, found, _ = cv2.calcOpticalFlowPyrLK(reference, luma, corners, corners.copy(), winSize=_WINDOW_PX)
    is_found = found.ravel().astype(np.bool_)
    has_moved = np.hypot(*(there - corners).T) > _MOVED_PX
    candidates = np.flatnonzero(is_found & has_moved)
    if len(candidates) < _FEWEST_CORNERS:
        return (_STILL, own) if (is_found & ~has_moved).sum() >= _FEWEST_CORNERS else None
    move, inside = cv2.estimateAffinePartial2D(
        corners[candidates], there[candidates], method=cv2.RANSAC, ransacReprojThreshold=_FITS_PX
    )
    if move is None or int(inside.sum()) < _FEWEST_CORNERS:
        return None
    own[candidates[inside.ravel().astype(np.bool_)]] = True
    return np.asarray(move, np.float64), own


def _to_picture(area: Area, scale: int) -> NDArray[np.float64]:
    """From pixels of the enlarged area to those of the picture, shape (3, 3); centres of pixels lie on centres."""
    half = (1 / scale - 1) / 2
    return np.array([[1 / scale, 0, area.x + half], [0, 1 / scale, area.y + half], [0, 0, 1]])
