"""A barcode: a text as dark modules on white, at any size in pixels."""

from __future__ import annotations

from typing import Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from vtrack_ray.render.order import Symbology

Symbol: TypeAlias = Symbology | Literal["EAN13"]
"""All kinds that can be printed; a label is none of EAN-13."""

_QUIET_MODULES = {"QRCode": 4, "Code128": 10, "DataMatrix": 2, "EAN13": 11}
_LINEAR = ("Code128", "EAN13")
_BAR_HEIGHT_MODULES = 28
_INK, PAPER = 28, 238
"""Grey levels of print: black is never quite black in front of a camera."""
_OVERSAMPLING = 8


def modules(text: str, symbol: Symbol) -> npt.NDArray[np.bool_]:
    """The symbol without its quiet zone, True where dark; bars are 28 modules high."""
    # Shipping labels carry square Data Matrix symbols; left to itself the writer may make oblong ones.
    shape = {"force_square": True} if symbol == "DataMatrix" else {}
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbol), **shape)
    dark = np.asarray(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False)) < 128
    return np.repeat(dark[:1], _BAR_HEIGHT_MODULES, axis=0) if symbol in _LINEAR else dark


def quiet_px(symbol: Symbol, module_px: float) -> float:
    """Width of the white border that readers need."""
    return _QUIET_MODULES[symbol] * module_px


def paint_barcode(text: str, symbol: Symbol, module_px: float) -> npt.NDArray[np.uint8]:
    """The symbol (height, width), grey, with no border; module edges that fall within a pixel are averaged."""
    dark = modules(text, symbol)
    rows, columns = dark.shape
    grey = np.where(dark, _INK, PAPER).astype(np.uint8)
    fine = max(1, round(module_px * _OVERSAMPLING))
    large = np.kron(grey, np.ones((fine, fine), np.uint8))
    size = (round(columns * module_px), round(rows * module_px))
    return np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.uint8)
