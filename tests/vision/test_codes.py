"""Codes: what is read, where it lies, and what is refused."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import zxingcpp

from tests.vision.scenes import barcode, filmed, laid, table
from vtrack_ray.errors import ToolMissing
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import SYMBOLOGIES
from vtrack_ray.vision import zbar
from vtrack_ray.vision.codes import read_codes, read_codes_zbar

CODE = "SPXVN0123456789"
TEXTS = {"ITF": "12345678901231", "EAN13": "4006381333931"}


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_every_symbology_of_a_profile_is_read_under_its_name(symbology: str) -> None:
    picture = table(1000, 400)
    text = TEXTS.get(symbology, CODE)
    place = laid(picture, barcode(text, symbology), 40, 60)
    (reading,) = read_codes(picture, symbologies=SYMBOLOGIES)
    assert (reading.text, reading.symbology, reading.decoder) == (text, symbology, "zxing")
    assert place.common(reading.area) == reading.area


@pytest.mark.parametrize("symbology", ["QRCode", "Code128", "Code39", "Code93", "ITF", "EAN13"])
def test_zbar_reads_what_it_knows_under_the_same_name(symbology: str) -> None:
    picture = table(1000, 400)
    text = TEXTS.get(symbology, CODE)
    laid(picture, barcode(text, symbology), 40, 60)
    assert {(r.text, r.symbology, r.decoder) for r in read_codes_zbar(picture, symbologies=SYMBOLOGIES)} == {
        (text, symbology, "zbar")
    }
    assert read_codes_zbar(picture, symbologies=("DataMatrix",)) == []


@pytest.mark.parametrize(("scale", "suffix"), [(1, ""), (2, " x2"), (3, " x3")])
def test_areas_are_in_pixels_of_the_whole_picture(scale: int, suffix: str) -> None:
    picture = table()
    place = laid(picture, barcode(CODE), 301, 157)
    area = Area(250, 100, 999, 999)
    (by_zxing,) = read_codes(picture, symbologies=("QRCode",), area=area, scale=scale)
    (by_zbar,) = read_codes_zbar(picture, symbologies=("QRCode",), area=area, scale=scale)
    assert (by_zxing.decoder, by_zbar.decoder) == ("zxing" + suffix, "zbar" + suffix)
    module_px = 3
    for reading in (by_zxing, by_zbar):
        assert reading.text == CODE
        assert place.common(reading.area) == reading.area
        assert tuple(reading.area) == pytest.approx(tuple(place.grown(-8 * module_px)), abs=2 * module_px)


def test_only_the_area_and_the_symbologies_asked_for_are_read() -> None:
    picture = table(1000, 400)
    laid(picture, barcode(CODE), 10, 10)
    laid(picture, barcode("SPXVN0000000002", "Code128"), 300, 200)
    both = read_codes(picture, symbologies=("QRCode", "Code128"))
    assert {reading.text for reading in both} == {CODE, "SPXVN0000000002"}
    assert [r.text for r in read_codes(picture, symbologies=("Code128",))] == ["SPXVN0000000002"]
    assert [r.text for r in read_codes(picture, symbologies=("QRCode", "Code128"), area=Area(0, 0, 200, 200))] == [CODE]


@pytest.mark.parametrize("area", [Area(700, 10, 50, 50), Area(0, 0, 0, 0), Area(639, 359, 9, 9)])
def test_an_area_outside_the_picture_shows_nothing(area: Area) -> None:
    for scale in (1, 2):
        assert read_codes(table(), symbologies=("QRCode",), area=area, scale=scale) == []
        assert read_codes_zbar(table(), symbologies=("QRCode",), area=area, scale=scale) == []


@pytest.mark.parametrize("text", ["TAB\tSPX0001", "SPX\x00VN01", "two\nlines"])
def test_texts_with_control_characters_are_refused(text: str) -> None:
    picture = table()
    laid(picture, barcode(text), 50, 50)
    assert read_codes(picture, symbologies=("QRCode",)) == []
    assert read_codes_zbar(picture, symbologies=("QRCode",)) == []


def test_a_barcode_with_a_wrong_checksum_is_refused() -> None:
    picture = table(1000, 400)
    code = barcode(CODE, "Code128")
    symbol_px, first_px = 11 * 3, int(np.flatnonzero(code.min(axis=0) < 128)[0])
    third, fourth = (slice(first_px + n * symbol_px, first_px + (n + 1) * symbol_px) for n in (3, 4))
    code[:, fourth] = code[:, third]
    laid(picture, code, 40, 60)
    (broken,) = zxingcpp.read_barcodes(picture, return_errors=True)
    assert broken.error is not None
    assert broken.error.type == zxingcpp.ErrorType.Checksum
    assert read_codes(picture, symbologies=("Code128",)) == []


def test_a_turned_label_is_read() -> None:
    picture = table(400, 1000)
    laid(picture, np.rot90(barcode(CODE, "Code128")), 60, 40)
    assert [reading.text for reading in read_codes(picture, symbologies=("Code128",))] == [CODE]


def test_enlarging_reads_smaller_codes() -> None:
    scene = table(1200, 900)
    laid(scene, barcode(CODE, module_px=10), 200, 200)
    (small,) = filmed(scene, 1, shrink=0.15, blur_px=0.7, noise=6)
    assert read_codes(small, symbologies=("QRCode",)) == []
    assert [r.text for r in read_codes(small, symbologies=("QRCode",), scale=3)] == [CODE]


def test_a_view_into_a_larger_buffer_is_read_as_it_is() -> None:
    padded = table(704, 360)
    laid(padded, barcode(CODE), 50, 50)
    padded.flags.writeable = False
    rows = padded[:, :640]
    assert [reading.text for reading in read_codes(rows, symbologies=("QRCode",))] == [CODE]


def test_zbar_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    zbar.pyzbar_here.cache_clear()
    monkeypatch.setitem(sys.modules, "pyzbar", None)
    with pytest.raises(ToolMissing, match="libzbar0"):
        read_codes_zbar(table(), symbologies=("QRCode",))
    assert zbar.missing_library() == "zbar"
    monkeypatch.undo()
    assert zbar.missing_library() is None
