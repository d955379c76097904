"""Codes: the barcodes that a picture shows, by zxing-cpp, and by zbar as a second opinion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import zxingcpp

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.view import Luma, View, view
from vtrack_ray.vision.zbar import pyzbar_here

_ZBAR_NAMES = {
    "QRCode": "QRCODE",
    "Code128": "CODE128",
    "Code39": "CODE39",
    "Code93": "CODE93",
    "ITF": "I25",
    "EAN13": "EAN13",
}
"""Symbologies that zbar knows, and its names for them."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One barcode that was read: its text, its symbology by zxing-cpp's name, where (pixels of the picture), by what.

    `decoder` is `zxing` or `zbar`, with ` x2` or ` x3` where the picture was enlarged first.
    """

    text: str
    symbology: str
    area: Area
    decoder: str


def read_codes(luma: Luma, *, symbologies: Sequence[str], area: Area | None = None, scale: int = 1) -> list[Reading]:
    """The barcodes in `area` of a picture (all of it if None), found by zxing-cpp in that area enlarged `scale` times.

    `luma`: shape (height, width), uint8. `symbologies`: names of meaning.profile.SYMBOLOGIES. Barcodes whose
    checksum fails, and texts that can't be printed, are left out.

    A whole 1080p picture takes 4 ms for QR Code and Code 128; at scale 2 four times, at scale 3 eight times as long.
    Settings by measurement on such pictures: downscaling costs 1.2 ms and reads more that is out of focus or noisy
    (60 of 120 against 43); turning costs 1 ms and reads Code 128 that stands upright; looking for light-on-dark codes
    costs 0.5 ms and is left out, since labels are printed dark on light.
    """
    return read_by_zxing(view(luma, area, scale), symbologies, _decoder("zxing", scale))


def read_codes_zbar(
    luma: Luma, *, symbologies: Sequence[str], area: Area | None = None, scale: int = 1
) -> list[Reading]:
    """As read_codes, by zbar: fewer codes at 25 times the cost (FACTS), but other code with other mistakes.

    Symbologies that zbar does not know are not looked for. Raises ToolMissing where zbar's library is not installed.
    """
    return read_by_zbar(view(luma, area, scale), symbologies, _decoder("zbar", scale))


def read_by_zxing(shown: View, symbologies: Sequence[str], decoder: str) -> list[Reading]:
    """The barcodes in a view, by zxing-cpp."""
    if not shown.pixels.size:
        return []
    barcodes = zxingcpp.read_barcodes(
        shown.pixels,
        formats=_zxing_formats(tuple(symbologies)),
        try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
    )
    readings = []
    for barcode in barcodes:
        if not barcode.valid or not _is_printable(barcode.text):
            continue
        name = barcode.format.name if barcode.format.name in symbologies else barcode.symbology.name
        corners = barcode.position
        points = (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)
        readings.append(
            Reading(text=barcode.text, symbology=name, area=shown.box((p.x, p.y) for p in points), decoder=decoder)
        )
    return readings


def read_by_zbar(shown: View, symbologies: Sequence[str], decoder: str) -> list[Reading]:
    """The barcodes in a view, by zbar. Raises ToolMissing."""
    wanted = {_ZBAR_NAMES[name]: name for name in symbologies if name in _ZBAR_NAMES}
    if not shown.pixels.size or not wanted:
        return []
    pyzbar = pyzbar_here()
    readings = []
    for found in pyzbar.decode(shown.pixels, symbols=[pyzbar.ZBarSymbol[name] for name in wanted]):
        text = found.data.decode("utf-8", "replace")
        if _is_printable(text):
            readings.append(
                Reading(text=text, symbology=wanted[found.type], area=shown.box(found.polygon), decoder=decoder)
            )
    return readings


def _decoder(name: str, scale: int) -> str:
    return name if scale == 1 else f"{name} x{scale}"


def _is_printable(text: str) -> bool:
    """Whether a person could have printed it: some text, no control characters, nothing that failed to decode."""
    return bool(text) and text.isprintable() and "\N{REPLACEMENT CHARACTER}" not in text


@cache
def _zxing_formats(symbologies: tuple[str, ...]) -> zxingcpp.BarcodeFormats:
    return zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat[name] for name in symbologies])
