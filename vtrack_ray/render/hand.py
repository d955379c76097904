"""A hand: fingers, palm and forearm built of capsules, shaded by one light, for hand detectors to find."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from vtrack_ray.render.sprite import Sprite

_Vector = npt.NDArray[np.float64]
_Floats = npt.NDArray[np.float32]

# Proportions of a right hand seen from above, palm down; the unit is the length from wrist to middle fingertip,
# x to the right, y towards the fingers, z to the viewer.
_KNUCKLES = ((-0.125, 0.47), (-0.035, 0.50), (0.055, 0.48), (0.135, 0.43))
_PHALANGES = ((0.22, 0.13, 0.10), (0.24, 0.15, 0.10), (0.22, 0.14, 0.10), (0.17, 0.10, 0.09))
_FINGER_RADIUS = (0.050, 0.050, 0.047, 0.042)
_SPREAD = (-0.16, -0.03, 0.10, 0.25)
_THUMB = ((-0.09, 0.10, 0.0), (-0.21, 0.25, -0.01), (-0.30, 0.37, -0.02), (-0.365, 0.47, -0.03))
_SKIN_BGR = (128, 158, 214)
_SLEEVE_BGR = (120, 82, 58)
_SLEEVE_FROM = 0.55
"""How far below the wrist the sleeve begins."""
_LIGHT = np.array([-0.35, -0.45, 0.82])
_OVERSAMPLING = 2

POSES = 8
"""How many poses `pose_of` knows: an opening and closing hand."""


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How a hand is held: fingers bent by `curl` (0 stretched, 1 a loose fist), fanned out by `spread` (1: at ease),
    and the whole turned by `turn_deg` clockwise about the wrist; a left hand is a right one mirrored."""

    curl: float = 0.2
    spread: float = 1.0
    turn_deg: float = 0.0
    left: bool = False


def pose_of(number: int, left: bool) -> Pose:
    """The pose with that number, 0 (open) to `POSES` - 1 (half closed), of a hand that points up and inwards."""
    share = number / (POSES - 1)
    turn = 10 + 6 * share if left else -10 - 6 * share
    return Pose(curl=0.12 + 0.5 * share, spread=1.25 - 0.4 * share, turn_deg=turn, left=left)


@dataclass(frozen=True, kw_only=True)
class Hand:
    """A painted hand with its forearm, and where its wrist (x, y) lies in the sprite."""

    sprite: Sprite
    wrist: tuple[int, int]


def paint_hand(pose: Pose, length_px: float, forearm_px: float, tone: float = 1.0) -> Hand:
    """A hand of `length_px` from wrist to fingertip with `forearm_px` of arm below; `tone` scales its brightness."""
    shade, cover, left, top = _lit(pose, length_px, forearm_px)
    height, width = shade.shape
    bgr = np.empty((height, width, 3), np.float32)
    sleeve_from = int(top + _SLEEVE_FROM * length_px * _OVERSAMPLING)
    bgr[:sleeve_from] = _SKIN_BGR
    bgr[sleeve_from:] = _SLEEVE_BGR
    bgr *= (shade * tone)[..., None]
    painted = np.clip(bgr, 0, 255, out=bgr).astype(np.uint8)
    sprite = Sprite.from_bgr(np.asarray(_reduced(painted), np.uint8), cover)
    return Hand(sprite=sprite, wrist=(-left // _OVERSAMPLING, top // _OVERSAMPLING))


class _Lit(NamedTuple):
    """A hand as the light falls on it, `_OVERSAMPLING` times as large as it is painted: its shade (height, width), and
    where its wrist lies, `-left` from its left edge, `top` from its top one; and its cover, as large as it is painted.
    """

    shade: _Floats
    cover: _Floats
    left: int
    top: int


# Several cameras have hands of the same shape; only their tones differ. Of a few sizes, they are kept.
@lru_cache(maxsize=8 * 2 * POSES)
def _lit(pose: Pose, length_px: float, forearm_px: float) -> _Lit:
    unit = length_px * _OVERSAMPLING
    balls = _turned(_balls(pose, forearm_px / length_px), pose)
    lowest = int(forearm_px * _OVERSAMPLING)
    reach = balls[:, :3] * unit
    margin = balls[:, 3] * unit + 2 * _OVERSAMPLING
    left = int(np.floor((reach[:, 0] - margin).min()))
    right = int(np.ceil((reach[:, 0] + margin).max()))
    top = int(np.ceil((reach[:, 1] + margin).max()))
    grain = 2 * _OVERSAMPLING
    width, height = -(-(right - left) // grain) * grain, -(-(top + lowest) // grain) * grain

    relief = _relief((balls * (1, -1, 1, 1) * unit) + (-left, top, 0, 0), (height, width))
    cover = np.asarray(_reduced(np.isfinite(relief).astype(np.float32)), np.float32)
    lit = _Lit(_shade(relief), cover, left, top)
    lit.shade.flags.writeable = lit.cover.flags.writeable = False
    return lit


def _reduced(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Of the size that it is painted in."""
    height, width = picture.shape[:2]
    size = (width // _OVERSAMPLING, height // _OVERSAMPLING)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def outline(pose: Pose, length_px: float, forearm_px: float) -> _Vector:
    """What a painted hand covers, as discs (n, 3): x and y from the wrist (y downwards) and radius, in pixels."""
    discs = _turned(_balls(pose, forearm_px / length_px), pose)[:, [0, 1, 3]] * length_px
    discs[:, 1] *= -1
    return discs


def _balls(pose: Pose, forearm: float) -> _Vector:
    """The hand as many balls (n, 4): x, y, z and radius in hand lengths; capsules are rows of balls."""
    parts: list[_Vector] = []
    knuckles = [np.array([x, y, 0.02]) for x, y in _KNUCKLES]
    parts += [_capsule(np.array([knuckle[0] * 0.5, 0.04, 0.0]), knuckle, 0.075, 0.060) for knuckle in knuckles]
    parts += [_capsule(first, second, 0.058, 0.056) for first, second in pairwise(knuckles)]
    for knuckle, lengths, radius, fan in zip(knuckles, _PHALANGES, _FINGER_RADIUS, _SPREAD, strict=True):
        parts.extend(_finger(knuckle, lengths, radius, fan * pose.spread, pose.curl))
    thumb = [np.array(joint) for joint in _THUMB]
    thumb[2:] = [joint + np.array([0.06, 0.01, -0.03]) * pose.curl for joint in thumb[2:]]
    for start, end, radius in zip(thumb[:-1], thumb[1:], (0.070, 0.058, 0.050), strict=True):
        parts.append(_capsule(start, end, radius, radius * 0.88))
    parts.append(_capsule(np.array([0, 0.08, -0.01]), np.array([0, -0.25, -0.02]), 0.115, 0.105))
    parts.append(_capsule(np.array([0, -0.25, -0.02]), np.array([0, -forearm - 0.4, 0.0]), 0.105, 0.17))
    return np.concatenate(parts)


def _finger(knuckle: _Vector, lengths: tuple[float, ...], radius: float, fan: float, curl: float) -> list[_Vector]:
    parts, joint, bend = [], knuckle, 0.15 * curl
    for number, length in enumerate(lengths):
        bend += curl * (0.75, 0.8, 0.5)[number]
        way = np.array([np.sin(fan) * np.cos(bend), np.cos(fan) * np.cos(bend), -np.sin(bend)])
        end = joint + way * length
        parts.append(_capsule(joint, end, radius * (1 - 0.07 * number), radius * (0.92 - 0.07 * number)))
        joint = end
    return parts


def _capsule(start: _Vector, end: _Vector, start_radius: float, end_radius: float) -> _Vector:
    steps = max(2, int(np.linalg.norm(end - start) / (0.1 * min(start_radius, end_radius))))
    share = np.linspace(0, 1, steps)[:, None]
    return np.hstack([start + share * (end - start), start_radius + share * (end_radius - start_radius)])


def _turned(balls: _Vector, pose: Pose) -> _Vector:
    turned = balls.copy()
    if pose.left:
        turned[:, 0] *= -1
    angle = np.radians(pose.turn_deg)
    x, y = turned[:, 0].copy(), turned[:, 1].copy()
    turned[:, 0] = x * np.cos(angle) + y * np.sin(angle)
    turned[:, 1] = y * np.cos(angle) - x * np.sin(angle)
    return turned


def _relief(balls: _Vector, size: tuple[int, int]) -> _Floats:
    """How high the balls (n, 4) stand out of the ground (height, width), minus infinity where there are none.

    x, y (downwards), z and radius in pixels. Balls may lie below the picture; on its other sides there have to be three
    pixels between them and its edge.
    """
    height, width = size
    lowest = max(height, int((balls[:, 1] + balls[:, 3]).max()) + 4)
    relief = np.full((lowest, width), -np.inf, np.float32)
    corners = (balls[:, :2] - balls[:, 3:]).astype(np.int64)
    sides = (2 * balls[:, 3]).astype(np.int64) + 3
    # Those of a size at once: there are a thousand, and of each there is little to compute.
    for side in np.unique(sides):
        alike = sides == side
        x, y, z, radius = balls[alike].T.astype(np.float32)[..., None]
        left, top = corners[alike].T[..., None]
        across = (left + np.arange(side)).astype(np.float32) - x
        down = (top + np.arange(side)).astype(np.float32) - y
        raised = (radius * radius - across**2)[:, None, :] - (down**2)[:, :, None]
        with np.errstate(invalid="ignore"):  # no number beside a ball, which fmax leaves out
            np.sqrt(raised, out=raised)
        raised += z[..., None]
        for (column, row), ball in zip(corners[alike], raised, strict=True):
            window = relief[row : row + side, column : column + side]
            np.fmax(window, ball, out=window)
    return relief[:height]


def _shade(relief: _Floats) -> _Floats:
    """How bright the relief is (height, width), lit from the upper left."""
    solid = np.isfinite(relief)
    ground = np.where(solid, relief, relief[solid].min()).astype(np.float32)
    smooth = cv2.GaussianBlur(ground, (0, 0), 1.2 * _OVERSAMPLING)
    slope_y, slope_x = np.gradient(smooth)
    steepness = np.sqrt(slope_x**2 + slope_y**2 + 1)
    light = _LIGHT / np.linalg.norm(_LIGHT)
    lit = np.clip((-slope_x * light[0] - slope_y * light[1] + light[2]) / steepness, 0, 1)
    shade: _Floats = (0.38 + 0.72 * lit).astype(np.float32)
    return shade
