"""A sprite: a cut-out picture in YUV 4:2:0 that is laid over another, as quickly as the planes allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Plane: TypeAlias = npt.NDArray[np.uint8]
"""One channel of a picture, rows by columns, 0 to 255."""


@dataclass(frozen=True, kw_only=True)
class Planes:
    """A picture as video stores it: luma at full size, both chroma planes at half (BT.601, limited range)."""

    luma: Plane
    blue: Plane
    red: Plane

    @classmethod
    def from_bgr(cls, bgr: Plane) -> Planes:
        """From an upright picture (height, width, 3); height and width are even."""
        height, width = bgr.shape[:2]
        stacked = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
        chroma = stacked[height:].reshape(2, height // 2, width // 2)
        return cls(luma=_bytes(stacked[:height].copy()), blue=_bytes(chroma[0].copy()), red=_bytes(chroma[1].copy()))

    def copy(self) -> Planes:
        return Planes(luma=self.luma.copy(), blue=self.blue.copy(), red=self.red.copy())

    def restore(self, source: Planes, top: int, bottom: int) -> None:
        """Takes the rows [top, bottom) from `source`; both even, both within the picture."""
        self.luma[top:bottom] = source.luma[top:bottom]
        self.blue[top // 2 : bottom // 2] = source.blue[top // 2 : bottom // 2]
        self.red[top // 2 : bottom // 2] = source.red[top // 2 : bottom // 2]


@dataclass(frozen=True, kw_only=True)
class Sprite:
    """A cut-out: planes already multiplied by their cover, and what they let through (255: all) at both sizes.

    `offset` is where its top left corner lies from the place it is laid at; both are even.
    """

    planes: Planes
    through: Plane
    chroma_through: Plane
    offset: tuple[int, int] = (0, 0)

    @classmethod
    def from_bgr(cls, bgr: Plane, cover: npt.NDArray[np.float32]) -> Sprite:
        """From a picture (height, width, 3) and how far it covers (height, width), 0 to 1; sizes are even."""
        planes = Planes.from_bgr(bgr)
        height, width = cover.shape
        small = cv2.resize(cover, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        return cls(
            planes=Planes(
                luma=_bytes(planes.luma * cover), blue=_bytes(planes.blue * small), red=_bytes(planes.red * small)
            ),
            through=_bytes(255 - 255 * cover),
            chroma_through=_bytes(255 - 255 * small),
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.through.shape
        return width, height

    def lay_over(self, picture: Planes, x: int, y: int) -> tuple[int, int]:
        """Paints the sprite with its top left corner at (x, y), both even; what lies outside is cut off.

        Gives the rows [top, bottom) that changed.
        """
        x, y = x + self.offset[0], y + self.offset[1]
        height, width = picture.luma.shape
        left, right = max(0, -x), min(self.size[0], width - x)
        top, bottom = max(0, -y), min(self.size[1], height - y)
        if left >= right or top >= bottom:
            return 0, 0
        self._blend(picture.luma, self.planes.luma, self.through, (left, right, top, bottom), x, y)
        half = (left // 2, right // 2, top // 2, bottom // 2)
        self._blend(picture.blue, self.planes.blue, self.chroma_through, half, x // 2, y // 2)
        self._blend(picture.red, self.planes.red, self.chroma_through, half, x // 2, y // 2)
        return y + top, y + bottom

    @staticmethod
    def _blend(target: Plane, colour: Plane, through: Plane, cut: tuple[int, int, int, int], x: int, y: int) -> None:
        left, right, top, bottom = cut
        region = target[y + top : y + bottom, x + left : x + right]
        kept = cv2.multiply(region, through[top:bottom, left:right], scale=1 / 255)
        region[...] = cv2.add(kept, colour[top:bottom, left:right])

    def smeared(self, dx_px: float, dy_px: float) -> Sprite:
        """The sprite as an exposure shows it that moved by (dx, dy) pixels meanwhile; under a pixel: unchanged."""
        if np.hypot(dx_px, dy_px) < 1:
            return self
        kernel, half_kernel = _line(dx_px, dy_px), _line(dx_px / 2, dy_px / 2)
        pad = 2 * (kernel.shape[0] // 2 + 1)
        return Sprite(
            planes=Planes(
                luma=_smeared(self.planes.luma, kernel, pad),
                blue=_smeared(self.planes.blue, half_kernel, pad // 2),
                red=_smeared(self.planes.red, half_kernel, pad // 2),
            ),
            through=_bytes(255 - _smeared(_bytes(255 - self.through), kernel, pad)),
            chroma_through=_bytes(255 - _smeared(_bytes(255 - self.chroma_through), half_kernel, pad // 2)),
            offset=(self.offset[0] - pad, self.offset[1] - pad),
        )


def _smeared(plane: Plane, kernel: npt.NDArray[np.float32], pad: int) -> Plane:
    """The plane, wider by `pad` of nothing on each side, spread by the kernel."""
    padded = cv2.copyMakeBorder(plane, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(0.0,))
    return _bytes(cv2.filter2D(padded, -1, kernel))


def _line(dx: float, dy: float) -> npt.NDArray[np.float32]:
    """A kernel that spreads a pixel evenly along a line of that extent."""
    reach = int(np.ceil(max(abs(dx), abs(dy)) / 2))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for share in np.linspace(-0.5, 0.5, 4 * reach + 1):
        kernel[round(reach + share * dy), round(reach + share * dx)] += 1
    return np.asarray(kernel / kernel.sum(), np.float32)


def _bytes(values: npt.NDArray[np.generic] | cv2.typing.MatLike) -> Plane:
    return np.asarray(values, np.uint8)
