"""A label: white paper with a barcode and lines of print; the trigger card is one too."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vtrack_ray.meaning.area import Area
from vtrack_ray.render.barcode import PAPER, paint_barcode, quiet_px
from vtrack_ray.render.order import Symbology

_PRINT = 70
_LEAST_PRINT_PX = 12


@dataclass(frozen=True, kw_only=True)
class Paper:
    """Printed paper seen by the camera: its grey picture, how far it covers (0 to 1), and where its code lies in it."""

    grey: npt.NDArray[np.uint8]
    cover: npt.NDArray[np.float32]
    code_area: Area

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self.grey.shape
        return width, height


def paint_card(text: str, module_px: float) -> Paper:
    """The trigger card: a QR code with its quiet zone."""
    return _paper(paint_barcode(text, "QRCode", module_px), quiet_px("QRCode", module_px), print_lines=0, seed=0)


def paint_label(text: str, symbology: Symbology, module_px: float, tilt_deg: float = 0.0) -> Paper:
    """A shipping label: the code over three lines of print, leaning away from the camera by `tilt_deg`."""
    seed = sum(text.encode())
    flat = _paper(paint_barcode(text, symbology, module_px), quiet_px(symbology, module_px), print_lines=3, seed=seed)
    return _tilted(flat, tilt_deg) if tilt_deg else flat


def paint_print(width: int, height: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """White paper (height, width) full of print."""
    grey = np.full((height, width), PAPER, np.uint8)
    for top in range(_LEAST_PRINT_PX // 2, height - _LEAST_PRINT_PX // 2, _LEAST_PRINT_PX // 2):
        _print_line(grey, top, width // 12, round(width * rng.uniform(0.6, 0.9)), _LEAST_PRINT_PX // 4, rng)
    return grey


def _paper(code: npt.NDArray[np.uint8], quiet: float, print_lines: int, seed: int) -> Paper:
    height, width = code.shape
    border = int(np.ceil(quiet)) + 2
    line = max(_LEAST_PRINT_PX, height // 6) if print_lines else 0
    full_height = height + 2 * border + line * print_lines
    grey = np.full((full_height + full_height % 2, width + 2 * border + width % 2), PAPER, np.uint8)
    grey[border : border + height, border : border + width] = code
    rng = np.random.default_rng(seed)
    for number in range(print_lines):
        baseline = 2 * border + height + line * number + line // 3
        end = border + round(width * rng.uniform(0.5, 1.0))
        _print_line(grey, baseline - border // 2, border, end, max(2, line // 2), rng)
    return Paper(grey=grey, cover=np.ones(grey.shape, np.float32), code_area=Area(border, border, width, height))


def _print_line(
    grey: npt.NDArray[np.uint8], top: int, left: int, right: int, height: int, rng: np.random.Generator
) -> None:
    """Words as a camera sees small print: dark dashes of uneven length."""
    x = left
    while x < right:
        word = int(rng.integers(height, 5 * height))
        grey[top : top + height, x : min(x + word, right)] = _PRINT
        x += word + max(2, height // 2)


def _tilted(flat: Paper, tilt_deg: float) -> Paper:
    """The paper leaning back about its lower edge: lower by the cosine, its far edge a little shorter."""
    width, height = flat.size
    seen_height = max(2, round(height * np.cos(np.radians(tilt_deg)) / 2) * 2)
    inset = width * 0.08 * np.sin(np.radians(tilt_deg))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[inset, 0], [width - inset, 0], [width, seen_height], [0, seen_height]], np.float32)
    turn = cv2.getPerspectiveTransform(corners, seen)
    grey = cv2.warpPerspective(flat.grey, turn, (width, seen_height), flags=cv2.INTER_LINEAR)
    cover = cv2.warpPerspective(flat.cover, turn, (width, seen_height), flags=cv2.INTER_LINEAR)
    code = flat.code_area
    edges = np.array([[[code.x, code.y], [code.right, code.y], [code.right, code.bottom], [code.x, code.bottom]]])
    x, y, code_width, code_height = cv2.boundingRect(cv2.perspectiveTransform(edges.astype(np.float32), turn))
    return Paper(
        grey=np.asarray(grey, np.uint8),
        cover=np.asarray(cover, np.float32),
        code_area=Area(x, y, code_width, code_height),
    )
