"""Detail: labels lie in it whatever they are like, and an empty table has none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.vision.scenes import barcode, filmed, laid, table
from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.detail import detailed
from vtrack_ray.vision.view import Luma

CODE = "SPXVN0123456789"
FINE = 10
WIDTH_PX, HEIGHT_PX = 1920, 1080


def seen(module_px: float, symbology: str, *, light: float = 1.0, blur_px: float = 0.5) -> tuple[Luma, Area]:
    """A table with a label whose modules are so large in the picture, and where the label's code lies."""
    shrink = module_px / FINE
    scene = table(round(WIDTH_PX / shrink), round(HEIGHT_PX / shrink))
    code = laid(scene, barcode(CODE, symbology, module_px=FINE), round(200 / shrink), round(90 / shrink)).grown(
        -4 * FINE
    )
    [picture] = filmed(scene, 1, shrink=shrink, blur_px=blur_px, noise=1)
    return (picture * light).astype(np.uint8), Area(*(round(edge * shrink) for edge in code))


def covers(areas: list[Area], area: Area) -> bool:
    return any(one.common(area) == area for one in areas)


@pytest.mark.parametrize("symbology", ["QRCode", "Code128", "DataMatrix"])
@pytest.mark.parametrize("module_px", [1.0, 1.4, 2.2, 3.0, 4.0])
def test_a_label_is_detail_with_some_room_around_it(module_px: float, symbology: str) -> None:
    picture, code = seen(module_px, symbology)
    areas = detailed([picture])
    assert covers(areas, code.grown(8))
    assert sum(area.width * area.height for area in areas) < 0.6 * picture.size


def test_a_label_in_the_dark_and_one_out_of_focus_are_detail() -> None:
    for picture, code in (seen(2.0, "QRCode", light=0.25), seen(3.0, "QRCode", blur_px=2.0)):
        assert covers(detailed([picture]), code)


@pytest.mark.parametrize(("paper", "ink"), [(235, 205), (200, 160), (120, 95)])
def test_a_faded_label_is_detail(paper: int, ink: int) -> None:
    picture, code = seen(1.4, "QRCode", blur_px=0.7)
    faded = ink + picture * ((paper - ink) / 255)
    assert covers(detailed([faded.astype(np.uint8)]), code)


def test_as_much_lies_around_detail_on_each_side() -> None:
    picture = table()
    picture[160:176, 320:336] = np.indices((16, 16)).sum(axis=0) % 2 * 255
    assert detailed([picture]) == [Area(320, 160, 16, 16).grown(32)]


def test_a_grainy_picture_is_not_all_detail() -> None:
    grain = np.random.default_rng(1).normal(0, 3, (360, 640))
    assert detailed([np.clip(table() + grain, 0, 255).astype(np.uint8)]) == []


def test_a_label_that_one_of_several_pictures_shows_is_detail() -> None:
    picture, code = seen(1.4, "QRCode")
    empty = table(WIDTH_PX, HEIGHT_PX)
    assert covers(detailed([empty, empty, picture, empty]), code)


def test_a_table_with_light_falling_on_it_and_a_parcel_has_none() -> None:
    light = np.linspace(60, 200, 640)[None, :].repeat(360, axis=0)
    light[120:240, 200:400] += 40
    picture = np.asarray(cv2.GaussianBlur(light.astype(np.uint8), (0, 0), 1), np.uint8)
    assert detailed([picture]) == []


def test_no_two_overlap_and_all_lie_in_the_area() -> None:
    picture = table()
    # A row and a column of codes that form a corner, a single one in it, and one that the area cuts off.
    row, column = [(x, 50) for x in range(60, 400, 60)], [(60, y) for y in range(110, 250, 60)]
    for x, y in (*row, *column, (250, 200), (560, 280)):
        laid(picture, barcode("A1", module_px=2), x, y)
    area = Area(50, 40, 530, 300)
    around, cut_off = sorted(detailed([picture], area))
    assert covers([around], Area(68, 58, 340, 238))
    assert cut_off.right == area.right
    assert not around.overlaps(cut_off)
    assert [around.common(area), cut_off.common(area)] == [around, cut_off]


@pytest.mark.parametrize("size", [(1, 1), (5, 640), (17, 23), (360, 9)])
def test_pictures_of_any_size(size: tuple[int, int]) -> None:
    still = np.full(size, 150, np.uint8)
    noisy = np.random.default_rng(1).integers(0, 255, size).astype(np.uint8)
    assert detailed([still]) == []
    height_px, width_px = size
    assert detailed([noisy]) == ([Area(0, 0, width_px, height_px)] if noisy.size > 1 else [])
    assert detailed([still], Area(9999, 0, 5, 5)) == []
