"""A stack: pictures laid on one another so that a thing that moved between them lies still."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.view import Luma, View, enlarged, view

Move = NDArray[np.float64]
"""Where a point of the reference picture lies in another one: shape (2, 3), to be multiplied with (x, y, 1)."""

_STILL: Move = np.eye(2, 3)

_MOST_CORNERS = 200
"""As many windows of small or blurred labels are read with 150 and with 500, and to follow each takes 0.04 ms."""
_CORNER_QUALITY = 0.01
_CORNER_DISTANCE_PX = 6
_WINDOW_PX = (21, 21)
"""Corners are followed (Lucas and Kanade, in pyramids, as OpenCV has it) by what lies around them."""
_MOVED_PX = 0.4
_FITS_PX = 0.8
_FEWEST_CORNERS = 12
"""So many corners that move as one are a thing: a label's code alone has more."""
_FOLLOWED_PX = 64
"""What moves within a window may have come from so far outside of the area, or go there."""
_MIXED_PX = 3
"""Cubic interpolation looks so far around a pixel, and one more."""
_STRAY = 0.1
_AROUND_PX = 48
"""A barcode has corners all over, so that a tenth on each side can be left out if this much is added again."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Cut-outs of pictures, each with its move from the reference's; `area` is the part of the reference's that is
    shown. They were cut out at (`x`, `y`)."""

    pictures: tuple[Luma, ...]
    moves: tuple[Move, ...]
    area: Area
    x: int
    y: int

    def fused(self, scale: int) -> Iterator[View]:
        """The average of the pictures in `area`, `scale` times as large, then those of every other one and of the ones
        between.

        What moved by parts of a pixel is laid on the finer grid, so that the pictures show more together than each.
        """
        x, y = self.x + self.area.x, self.y + self.area.y
        if all(move is _STILL for move in self.moves):
            for mean in _means(view(luma, self.area).pixels for luma in self.pictures):
                yield View(enlarged(mean, scale), x, y, scale)
        else:
            for mean in _means(self._laid(scale)):
                yield View(mean, x, y, scale)

    def _laid(self, scale: int) -> Iterator[Luma]:
        """The pictures as the reference shows them.

        Enlarged before they are turned: a turned picture is put together pixel by pixel, and in one as fine as this it
        is enough to mix the nearest four. That reads as much as cubic interpolation of the picture itself, at a third
        to two thirds of its cost; mixing the nearest four of that one reads 2 in place of 5 windows of labels of 1.1 px
        a module.
        """
        size = (self.area.width * scale, self.area.height * scale)
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        for luma, move in zip(self.pictures, self.moves, strict=True):
            to_picture = move @ _to_picture(self.area, scale)
            needed = view(luma, _reached(to_picture, size), scale)
            if not needed.pixels.size:
                needed = view(luma, None, scale)  # of what has left the picture, its edge is all that there is
            where = _to_view(needed) @ np.vstack([to_picture, (0, 0, 1)])
            shown = cv2.warpAffine(needed.pixels, where, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
            yield np.asarray(shown, np.uint8)


def stacks(lumas: Sequence[Luma], area: Area | None = None) -> list[Stack]:
    """The pictures (at least two, of one size) as they are, and as seen from the largest thing that moves as one.

    `area` is the part of them that counts; the reference is the middle picture.
    """
    height, width = lumas[0].shape
    whole = (area or Area(0, 0, width, height)).within(width, height)
    if whole.width <= 0 or whole.height <= 0:
        return []
    around = whole.grown(_FOLLOWED_PX).within(width, height)
    cut_out = tuple(view(luma, around).pixels for luma in lumas)
    inside = Area(whole.x - around.x, whole.y - around.y, whole.width, whole.height)
    still = Stack(cut_out, (_STILL,) * len(lumas), inside, around.x, around.y)
    moving = _moving(still)
    return [moving, still] if moving else [still]


def _moving(still: Stack) -> Stack | None:
    """The pictures of the still stack, laid on the largest thing that moved in them as one."""
    reference = still.pictures[len(still.pictures) // 2]
    corners = _corners(reference, still.area)
    moved = np.zeros(len(corners), np.bool_)
    pictures, moves = [], []
    for luma in still.pictures:
        followed = _followed(reference, luma, corners) if luma is not reference else (_STILL, moved)
        if followed is None:
            continue
        pictures.append(luma)
        moves.append(followed[0])
        moved = moved | followed[1]
    if not moved.any():
        return None
    area = _around(corners[moved]).common(still.area)
    return replace(still, pictures=tuple(pictures), moves=tuple(moves), area=area)


def _means(pictures: Iterable[Luma]) -> Iterator[Luma]:
    """The averages of 2 to 257 pictures of one size: of all, of every other one, and of those between."""
    totals: list[NDArray[np.uint16]] = []
    count = 0
    for count, picture in enumerate(pictures, 1):
        if count <= 2:
            totals.append(picture.astype(np.uint16))
        else:
            cv2.add(totals[(count - 1) % 2], picture, totals[(count - 1) % 2], dtype=cv2.CV_16U)
    first, second = totals
    yield _divided(first + second, count)
    yield _divided(first, (count + 1) // 2)
    yield _divided(second, count // 2)


def _divided(total: NDArray[np.uint16], count: int) -> Luma:
    return np.asarray(cv2.convertScaleAbs(total, alpha=1 / count), np.uint8)


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


def _to_view(shown: View) -> Move:
    """From pixels of a picture to those of a view of it."""
    half = (shown.scale - 1) / 2
    return np.array([[shown.scale, 0, half - shown.scale * shown.x], [0, shown.scale, half - shown.scale * shown.y]])


def _reached(move: Move, size: tuple[int, int]) -> Area:
    """The part of a picture where a view of that size (width, height) comes to lie, and a little around it."""
    corners = np.array([(x, y, 1) for x in (0, size[0]) for y in (0, size[1])])
    reached = corners @ move.T
    (left, top), (right, bottom) = np.floor(reached.min(axis=0)), np.ceil(reached.max(axis=0))
    return Area(int(left), int(top), int(right - left), int(bottom - top)).grown(_MIXED_PX)
