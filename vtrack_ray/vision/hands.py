"""Hands: whether a picture shows one, by MediaPipe."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vtrack_ray.meaning.area import Area
from vtrack_ray.vision.chatter import chatter_dropped

_WIDTH_PX = 320
"""A wider area is made smaller first: the palm detector sees 192x192 pixels whatever it is given (FACTS)."""

_CONFIDENCE = 0.1
"""Least confidence in the palm and in the hand found there. On six clips of signing hands 0.5 finds a hand in 72 % of
the pictures, 0.3 in 77 %, 0.1 in 81 % (in most others there is none, or a smear); on a clip of hands moving bottles 0.1
finds none where there is none, in 149 pictures. Both must be low: lowering the palm's alone changes nothing."""


class Coloured(Protocol):
    """What hands are looked for in; footage.picture.Picture is one."""

    def rgb(self, *, area: Area | None = None, max_width_px: int | None = None) -> NDArray[np.uint8]: ...


class HandFinder:
    """Looks for a hand in single pictures: 12 ms each, but 0.5 s (cold: 3 s) for making one. One thread at a time."""

    def __init__(self) -> None:
        with chatter_dropped():
            # Here, not above: MediaPipe takes seconds and 150 MB to import, and most profiles need no hands.
            from mediapipe.python.solutions.hands import Hands

            self._hands = Hands(
                static_image_mode=True,
                model_complexity=0,
                max_num_hands=1,
                min_detection_confidence=_CONFIDENCE,
                min_tracking_confidence=_CONFIDENCE,
            )
            # Its threads chatter when the first picture comes.
            self._hands.process(np.zeros((192, 192, 3), np.uint8))
        self._has_found = False

    def finds(self, picture: Coloured, area: Area | None = None) -> bool:
        """Whether a hand shows in `area` of the picture (all of it if None).

        The hand must fill about a tenth of the area's width (FACTS).
        """
        pixels = picture.rgb(area=area, max_width_px=_WIDTH_PX)
        if not pixels.size:
            return False
        # The first hand found sets off a warning about the model's metadata.
        with nullcontext() if self._has_found else chatter_dropped():
            found = self._hands.process(np.ascontiguousarray(pixels)).multi_hand_landmarks is not None
        self._has_found |= found
        return found


@cache
def hand_finder() -> HandFinder:
    """This process's hand finder, made on first use."""
    return HandFinder()
