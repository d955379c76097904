"""Pictures with barcodes on them, made with zxing-cpp's writer."""

from __future__ import annotations

import cv2
import numpy as np
import zxingcpp

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.view import Luma


def table(width_px: int = 640, height_px: int = 360) -> Luma:
    """An empty grey table."""
    return np.full((height_px, width_px), 150, np.uint8)


def barcode(text: str, symbology: str = "QRCode", module_px: int = 3) -> Luma:
    """A barcode with its quiet zone, dark on light."""
    written = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat[symbology]).to_image(scale=module_px)
    return np.pad(np.array(written), 4 * module_px, constant_values=255)


def laid(on: Luma, code: Luma, x: int, y: int) -> Area:
    """Lays the code on the table; its area, quiet zone included."""
    height, width = code.shape
    on[y : y + height, x : x + width] = code
    return Area(x, y, width, height)


def filmed(scene: Luma, count: int, *, shrink: float, blur_px: float, noise: float, seed: int = 1) -> list[Luma]:
    """Pictures of a still scene from far away: smaller, softer, each with its own noise."""
    small = cv2.resize(scene, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), blur_px).astype(np.float64)
    random = np.random.default_rng(seed)
    return [np.clip(soft + random.normal(0, noise, soft.shape), 0, 255).astype(np.uint8) for _ in range(count)]
