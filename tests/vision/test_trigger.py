"""The trigger: On while its card can be read, Off otherwise."""

from __future__ import annotations

import pytest

from tests.vision.scenes import barcode, filmed, laid, table
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.sample import Trigger
from vtrack_ray.vision.trigger import find_card, read_trigger

TEXT = "TimeGo"


def test_the_card_is_found_with_a_margin_of_half_its_size() -> None:
    picture = table()
    laid(picture, barcode("SPXVN0123456789"), 20, 200)
    place = laid(picture, barcode(TEXT), 300, 120)
    area = find_card(picture, TEXT)
    assert area is not None
    code = place.grown(-24)
    assert tuple(area) == pytest.approx(tuple(code.grown(code.width // 2)), abs=8)
    assert read_trigger(picture, area, TEXT) is Trigger.ON


def test_at_the_edge_the_area_stays_in_the_picture() -> None:
    picture = table()
    laid(picture, barcode(TEXT), 0, 0)
    area = find_card(picture, TEXT)
    assert area is not None
    assert (area.x, area.y) == (0, 0)
    assert area.fits(640, 360)


def test_without_the_card_nothing_is_found() -> None:
    picture = table()
    laid(picture, barcode("SPXVN0123456789"), 20, 200)
    assert find_card(picture, TEXT) is None


def test_covered_or_another_text_is_off() -> None:
    picture = table()
    place = laid(picture, barcode(TEXT), 300, 120)
    assert read_trigger(picture, place, TEXT) is Trigger.ON
    assert read_trigger(picture, place, "timego") is Trigger.OFF
    assert read_trigger(picture, Area(0, 0, 200, 200), TEXT) is Trigger.OFF
    picture[place.y + 50 : place.bottom, place.x : place.right] = 90
    assert read_trigger(picture, place, TEXT) is Trigger.OFF


def test_a_card_too_small_for_a_plain_reading_is_read_enlarged() -> None:
    scene = table(1200, 900)
    laid(scene, barcode(TEXT, module_px=10), 200, 200)
    (small,) = filmed(scene, 1, shrink=0.17, blur_px=0.7, noise=3)
    area = find_card(small, TEXT)
    assert area is not None
    assert read_trigger(small, area, TEXT) is Trigger.ON
