"""Fusion: several pictures of a still scene show what none of them does."""

from __future__ import annotations

import itertools

import pytest

from tests.vision.scenes import barcode, filmed, laid, table
from vtrack_ray.meaning.area import Area
from vtrack_ray.vision import fusion
from vtrack_ray.vision.codes import Reading, read_codes, read_codes_zbar
from vtrack_ray.vision.fusion import read_fused
from vtrack_ray.vision.view import Luma, View

CODE = "SPXVN0123456789"
QR = ("QRCode",)


def far_away(module_px: float = 1.4, blur_px: float = 0.7, noise: float = 12, seed: int = 1) -> list[Luma]:
    """Twelve noisy, soft pictures of a code."""
    scene = table(600, 600)
    laid(scene, barcode(CODE, module_px=10), 130, 140)
    return filmed(scene, 12, shrink=module_px / 10, blur_px=blur_px, noise=noise, seed=seed)


def test_the_average_is_read_where_no_single_picture_is() -> None:
    pictures = far_away()
    assert not any(read_codes(picture, symbologies=QR, scale=scale) for picture in pictures for scale in (1, 2, 3))
    assert not any(read_codes_zbar(picture, symbologies=QR, scale=scale) for picture in pictures for scale in (1, 2, 3))
    (reading,) = read_fused(pictures, symbologies=QR)
    assert reading.text == CODE
    assert reading.decoder == "fused x3"
    height_px, width_px = pictures[0].shape
    assert reading.area.fits(width_px, height_px)
    assert Area(18, 19, 50, 50).common(reading.area) == reading.area
    inside = read_fused(pictures, symbologies=QR, area=Area(10, 12, 70, 70))
    assert [tuple(r.area) for r in inside] == [pytest.approx(tuple(reading.area), abs=2)]


@pytest.mark.parametrize("seed", range(3))
def test_what_the_lens_blurred_is_read_once_the_blur_is_undone(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    pictures = far_away(module_px=1.5, blur_px=0.9, noise=3, seed=seed)
    assert [reading.text for reading in read_fused(pictures, symbologies=QR)] == [CODE]
    monkeypatch.setattr(fusion, "_deblurred", lambda pixels: pixels)
    assert read_fused(pictures, symbologies=QR) == []


def test_a_reading_without_a_witness_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the whole, the one half and the other half show.
    texts = itertools.cycle([CODE, "HALF0001", "HALF0002"])

    def dreaming(_fused: View, _symbologies: tuple[str, ...]) -> list[Reading]:
        return [Reading(text=next(texts), symbology="QRCode", area=Area(0, 0, 9, 9), decoder="fused x3")]

    monkeypatch.setattr(fusion, "_read", dreaming)
    assert read_fused([table()] * 12, symbologies=QR) == []
    assert next(texts) == CODE


def test_zbar_is_witness_enough_where_half_of_the_pictures_show_nothing() -> None:
    picture = table()
    laid(picture, barcode(CODE), 100, 100)
    assert [reading.text for reading in read_fused([picture, table()], symbologies=QR)] == [CODE]


def test_nothing_is_read_from_nothing() -> None:
    assert read_fused([], symbologies=QR) == []
    assert read_fused([table()], symbologies=QR) == []
    assert read_fused(filmed(table(), 4, shrink=0.5, blur_px=0.7, noise=20), symbologies=QR) == []
    assert read_fused([table()] * 2, symbologies=QR, area=Area(9999, 0, 5, 5)) == []
