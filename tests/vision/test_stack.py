"""Stacks: what moved between pictures is laid on itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.vision.scenes import barcode, laid, table
from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.codes import read_codes
from vtrack_ray.vision.fusion import read_fused
from vtrack_ray.vision.stack import Stack, stacks
from vtrack_ray.vision.view import Luma, view

CODE = "SPXVN0123456789"
QR = ("QRCode",)
FINE = 8
CODE_AREA = Area(142, 112, 32, 32)


def swaying(count: int, step_px: float, *, noise: float = 8.0, turn_deg: float = 0.0) -> list[Luma]:
    """A parcel that sways by `step_px` from picture to picture, above a still table, with a label of 1.5 px a module.

    In the middle picture its code lies at `CODE_AREA`.
    """
    rng = np.random.default_rng(1)
    ground = cv2.GaussianBlur(rng.integers(90, 190, (240, 320)).astype(np.uint8), (0, 0), 2)
    label = table(200 * FINE, 120 * FINE)
    label[:] = 170
    laid(label, barcode(CODE, module_px=round(1.5 * FINE)), 70 * FINE, 40 * FINE)
    pictures = []
    for number in range(count):
        offset = step_px * (number - count // 2)
        angle_deg = turn_deg * (number - count // 2)
        turn = np.asarray(cv2.getRotationMatrix2D((100.0 * FINE, 60.0 * FINE), angle_deg, 1 / FINE), np.float64)
        turn[:, 2] += np.array([60 + offset - 100 * FINE + 100, 60 + offset / 3 - 60 * FINE + 60])
        seen = cv2.warpAffine(label, turn, (320, 240), flags=cv2.INTER_AREA, borderValue=(0,))
        cover = cv2.warpAffine(np.ones_like(label), turn, (320, 240), flags=cv2.INTER_NEAREST, borderValue=(0,))
        soft = cv2.GaussianBlur(np.where(cover > 0, seen, ground), (0, 0), 0.7).astype(np.float64)
        pictures.append(np.clip(soft + rng.normal(0, noise, soft.shape), 0, 255).astype(np.uint8))
    return pictures


def texts(pictures: list[Luma], area: Area | None = None) -> list[str]:
    return [reading.text for reading in read_fused(pictures, symbologies=QR, area=area)]


@pytest.mark.parametrize("step_px", [0.0, 0.7, 2.3, 5.0])
def test_a_label_that_moves_is_read_from_several_pictures(step_px: float) -> None:
    assert texts(swaying(12, step_px)) == [CODE]


def test_a_label_that_turns_as_well() -> None:
    assert texts(swaying(12, 2.0, turn_deg=0.3)) == [CODE]


def test_the_moving_thing_is_sharp_in_its_stack_and_smeared_in_the_other() -> None:
    moving, still = stacks(swaying(12, 3.0, noise=1.0))
    assert moving.area.width < still.area.width
    assert read_codes(next(moving.fused(3)).pixels, symbologies=QR)
    assert not read_codes(next(still.fused(3)).pixels, symbologies=QR)


def test_a_reading_lies_where_the_middle_picture_shows_it() -> None:
    for area in (None, Area(90, 70, 130, 110)):
        [fused] = read_fused(swaying(12, 2.3), symbologies=QR, area=area)
        assert tuple(fused.area) == pytest.approx(tuple(CODE_AREA), abs=2)


def test_what_is_laid_on_the_middle_picture_lies_where_it_does_there() -> None:
    pictures = swaying(12, 3.0, noise=1.0)
    moving, _ = stacks(pictures)
    fused = next(moving.fused(3))
    there = view(pictures[6], Area(fused.x, fused.y, moving.area.width, moving.area.height), 3)
    shift_px, _ = cv2.phaseCorrelate(there.pixels.astype(np.float32), fused.pixels.astype(np.float32))
    assert shift_px == pytest.approx((0.0, 0.0), abs=0.3)


def test_a_thing_is_followed_beyond_the_area_but_no_other_is_found_there() -> None:
    pictures = swaying(12, 8.0, noise=1.0)
    moving, _ = stacks(pictures, CODE_AREA.grown(14))
    assert len(moving.pictures) >= 7
    beside = Area(CODE_AREA.right + 12, CODE_AREA.y - 20, 60, 80)
    assert all(beside.common(area) == area for stack in stacks(pictures, beside) for area in [shown_by(stack)])
    assert texts(pictures, beside) == []


def shown_by(stack: Stack) -> Area:
    return Area(stack.x + stack.area.x, stack.y + stack.area.y, stack.area.width, stack.area.height)


def test_of_what_has_left_the_picture_its_edge_is_shown() -> None:
    picture = table(60, 40)
    stack = Stack((picture, picture), (np.eye(2, 3), np.array([[1.0, 0, 500], [0, 1, 0]])), Area(0, 0, 60, 40), 0, 0)
    assert next(stack.fused(2)).pixels.tolist() == np.full((80, 120), 150).tolist()


def test_the_halves_are_every_other_picture_and_those_between() -> None:
    [still] = stacks([np.full((40, 60), grey, np.uint8) for grey in (10, 200, 30, 220, 50)])
    assert [int(average.pixels.mean()) for average in still.fused(2)] == [102, 30, 210]


def test_where_nothing_moves_there_is_one_stack() -> None:
    assert len(stacks(swaying(4, 0.0, noise=0.0))) == 1
    assert len(stacks([table()] * 3)) == 1


def test_an_area_outside_the_picture_has_none() -> None:
    assert stacks([table()] * 2, Area(9999, 0, 5, 5)) == []
