"""Motion: what moved between two pictures, and the small hands that are found by it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vision.test_hands import CLIPS, Painted, needs_footage, shown
from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.hands import hand_finder
from vtrack_ray.vision.motion import moved_area, surroundings
from vtrack_ray.vision.view import Luma


def scene(x: int, noise: float = 3.0, seed: int = 1) -> Luma:
    """A bright box of 120 by 80 pixels on a noisy grey table."""
    picture = np.random.default_rng(seed).normal(120, noise, (1080, 1920))
    picture[400:480, x : x + 120] += 60
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_what_moved_is_found_where_it_was_and_is() -> None:
    moved = moved_area(scene(600), scene(720, seed=2))
    assert moved is not None
    assert tuple(moved) == pytest.approx((600, 400, 240, 80), abs=24)


def test_noise_is_no_motion_and_what_lies_outside_the_area_does_not_count() -> None:
    assert moved_area(scene(600, noise=14), scene(600, noise=14, seed=2)) is None
    assert moved_area(scene(600), scene(640, seed=2), Area(0, 600, 1920, 480)) is None
    assert moved_area(scene(600), scene(640)[:500]) is None


def test_surroundings_are_square_with_the_motion_in_their_middle() -> None:
    around = surroundings(scene(600), scene(720, seed=2))
    assert around is not None
    assert around.width == around.height
    assert around.width >= 2 * 240
    assert around.x + around.width / 2 == pytest.approx(720, abs=24)
    assert surroundings(scene(600), scene(600, seed=2)) is None


def on_a_large_table(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    small = cv2.resize(pixels, (320, 240), interpolation=cv2.INTER_AREA)
    table = np.full((1080, 1920, 3), 120, np.uint8)
    table[300:540, 900:1220] = small
    return table


@needs_footage
def test_hands_of_a_twentieth_of_the_width_are_found_around_what_moves() -> None:
    alone, around, count = 0, 0, 0
    for clip in CLIPS[:3]:
        pictures = [on_a_large_table(picture.rgb()) for picture in shown(f"hands-{clip}.mkv", every=1)]
        for before, after in zip(pictures[3::8], pictures[4::8], strict=False):
            first, second = (np.asarray(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), np.uint8) for p in (before, after))
            close = surroundings(first, second)
            alone += hand_finder().finds(Painted(after))
            around += close is not None and hand_finder().finds(Painted(after), close)
            count += 1
    assert count >= 25
    assert alone <= 0.1 * count
    assert around >= 0.5 * count
