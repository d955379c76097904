"""A recorder: which of the pictures that a camera takes are stored."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from vtrack_ray.render.stage import Stage


def moving_times(stage: Stage, start_s: float, times_s: Sequence[float], still_s: float) -> tuple[float, ...]:
    """The times of a file's pictures that differ from the picture before, and of so many others that no two stored
    ones are more than `still_s` apart, as far as the camera's own pictures allow.

    Times are seconds from the file's start, which is `start_s` on the stage. The first and the last picture are always
    stored. Noise and light make no difference.
    """
    stored: list[float] = []
    before = None
    for time_s, next_s in zip(times_s, (*times_s[1:], inf), strict=True):
        arrangement = stage.at(start_s + time_s)
        if not stored or arrangement != before or next_s - stored[-1] > still_s:
            stored.append(time_s)
        before = arrangement
    return tuple(stored)
