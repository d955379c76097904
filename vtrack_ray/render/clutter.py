"""Clutter: what camera pictures are full of and is no label: product codes, print, fine texture, a running screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from vtrack_ray.meaning.area import Area
from vtrack_ray.render.barcode import PAPER, Symbol, paint_barcode, quiet_px
from vtrack_ray.render.label import paint_print
from vtrack_ray.render.sprite import Plane

_LEAST_MODULE_PX = 1.5
_MODULE_SHARE = 0.75
"""Product codes are printed finer than labels."""
_TRIES = 60
_BEZEL_BGR = (38, 34, 32)
_CELL_PX = 4
"""Size of a screen's spots: smaller ones would be lost in coding."""


def scatter(bgr: Plane, kept_free: Iterable[Area], label_module_px: float, rng: np.random.Generator) -> None:
    """Lays clutter on a picture (height, width, 3), in place, around the areas that are kept free of it.

    No thing lies on another; one that finds no place is left out. No text is a tracking code: all are too short or of
    lower case, but for the digits of EAN-13.
    """
    height, width = bgr.shape[:2]
    taken = list(kept_free)
    for thing in _things(max(_LEAST_MODULE_PX, _MODULE_SHARE * label_module_px), rng):
        rows, columns = thing.shape
        if rows > height or columns > width:
            continue
        for _ in range(_TRIES):
            spot = Area(int(rng.integers(width - columns + 1)), int(rng.integers(height - rows + 1)), columns, rows)
            if not any(spot.overlaps(area) for area in taken):
                bgr[spot.y : spot.bottom, spot.x : spot.right] = thing[..., None]
                taken.append(spot)
                break


def paint_screen(bgr: Plane, area: Area) -> None:
    """The dark frame of a screen on a picture (height, width, 3), in place; the screen itself is `area`."""
    frame = area.grown(_CELL_PX)
    bgr[frame.y : frame.bottom, frame.x : frame.right] = _BEZEL_BGR


def flicker(luma: Plane, area: Area, rng: np.random.Generator) -> None:
    """Fills the area of a luma plane, in place, with what a screen shows for one picture: noise of coarse spots."""
    spots = rng.integers(40, 200, (area.height // _CELL_PX, area.width // _CELL_PX), dtype=np.uint8)
    shown = luma[area.y : area.bottom, area.x : area.right]
    cv2.resize(spots, (area.width, area.height), dst=shown, interpolation=cv2.INTER_NEAREST)


def _things(module_px: float, rng: np.random.Generator) -> Iterator[Plane]:
    """Grey pictures of all there is, large ones first, as they find a place hardest."""
    number = int(rng.integers(10**9))
    yield _sticker(_ean13(f"893{number:09d}"), "EAN13", module_px)
    yield _sticker(f"https://shop.example/p/{number % 10**5}", "QRCode", module_px)
    yield _texture(round(36 * module_px), rng)
    yield paint_print(round(50 * module_px), round(32 * module_px), rng)
    yield _sticker(f"B-{number % 100:02d}", "Code128", module_px)
    yield _sticker(f"KIT-{number % 100:02d}", "QRCode", module_px)
    yield paint_print(round(30 * module_px), round(16 * module_px), rng)


def _sticker(text: str, symbol: Symbol, module_px: float) -> Plane:
    """A code on white paper; bars need no border above and below."""
    code = paint_barcode(text, symbol, module_px)
    quiet = round(quiet_px(symbol, module_px)) + 1
    upright = quiet if symbol == "QRCode" else round(3 * module_px)
    return np.pad(code, ((upright, upright), (quiet, quiet)), constant_values=PAPER)


def _texture(side: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """A piece of woven cloth (side, side): threads two pixels wide, over and under each other."""
    threads = np.indices((side, side)) // 2
    woven = np.where((threads[0] + threads[1]) % 2, 96, 168)
    return np.asarray(np.clip(woven + rng.normal(0, 12, (side, side)), 0, 255), np.uint8)


def _ean13(digits: str) -> str:
    """Twelve digits with their check digit."""
    weighed = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"
