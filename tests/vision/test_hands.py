"""Hands: found in real pictures, and not where there is none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.footage.clips import make_clip
from vtrack_ray.footage.pictures import Picture, open_pictures
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.span import Span
from vtrack_ray.vision.hands import hand_finder

FOOTAGE = Path(__file__).parents[2].parent / "shared" / "footage"
CLIPS = ("again", "book", "help", "school", "sister", "yes")

needs_footage = pytest.mark.skipif(not FOOTAGE.is_dir(), reason="real footage is not there: ../shared/footage")


class Painted:
    """A picture given by its pixels."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._pixels = pixels

    def rgb(self, *, area: Area | None = None, max_width_px: int | None = None) -> NDArray[np.uint8]:
        x, y, width, height = area or Area(0, 0, self._pixels.shape[1], self._pixels.shape[0])
        assert max_width_px
        return self._pixels[y : y + height, x : x + width]


def shown(name: str, every: int) -> Iterator[Picture]:
    with open_pictures(str(FOOTAGE / name)) as pictures:
        for number, picture in enumerate(pictures.all(Span(0, 60))):
            if number % every == 0:
                yield picture


@needs_footage
def test_hands_of_people_signing_are_found_in_four_of_five_pictures() -> None:
    finder = hand_finder()
    found = [finder.finds(picture) for clip in CLIPS for picture in shown(f"hands-{clip}.mkv", every=1)]
    assert len(found) > 400
    assert np.mean(found) >= 0.8


@needs_footage
def test_no_hand_is_found_among_bottles() -> None:
    finder = hand_finder()
    right_half = Area(420, 0, 220, 360)
    with open_pictures(str(FOOTAGE / "bottle-detection.mp4")) as pictures:
        still = list(pictures.keyframes(Span(0, 5)))
    assert still
    assert not any(finder.finds(picture) or finder.finds(picture, right_half) for picture in still)


def test_there_is_no_hand_in_noise_or_in_an_empty_area() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8)
    assert not hand_finder().finds(Painted(noise))
    assert not hand_finder().finds(Painted(noise), Area(10, 10, 0, 0))


def test_one_finder_serves_the_process() -> None:
    assert hand_finder() is hand_finder()


def test_the_libraries_log_nothing(tmp_path: Path) -> None:
    clip = FOOTAGE / "hands-yes.mkv" if FOOTAGE.is_dir() else make_clip(tmp_path / "clip.mkv")
    code = (
        "import sys\n"
        "from vtrack_ray.footage.pictures import open_pictures\n"
        "from vtrack_ray.meaning.span import Span\n"
        "from vtrack_ray.vision.hands import hand_finder\n"
        "with open_pictures(sys.argv[1]) as pictures:\n"
        "    print(sum(hand_finder().finds(picture) for picture in pictures.all(Span(0, 1.5))))\n"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", code, clip], capture_output=True, text=True, check=True)
    assert run.stdout.strip().isdecimal()
    assert run.stderr == ""
