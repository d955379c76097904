"""A picture: one decoded frame of a video with its time; its pixels are fetched in the form that is asked for."""

from __future__ import annotations

from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from vtrack_ray.meaning.area import Area

_LUMA_FIRST = frozenset(
    ["gray", "nv12", "nv21"]
    + [f"yuv{j}{sampling}p" for j in ("", "j") for sampling in ("410", "411", "420", "422", "440", "444")]
    + [f"yuva{sampling}p" for sampling in ("420", "422", "444")]
)
"""FFmpeg's pixel formats whose first plane is the luma, one byte a pixel."""


class Picture:
    """One picture, at `time_s` after the video's first; as recorded, any rotation tag left aside."""

    def __init__(self, time_s: float, frame: VideoFrame) -> None:
        self.time_s = time_s
        self._frame = frame

    def luma(self) -> NDArray[np.uint8]:
        """Brightness, shape (height, width), uint8; for reading only.

        A view of the decoder's own plane where there is one: converting costs as much as decoding (FACTS: `to_ndarray`
        halves the speed).
        """
        frame = self._frame
        if frame.format.name not in _LUMA_FIRST:
            frame = frame.reformat(format="gray")
        return _rows(frame, bytes_per_pixel=1)

    def rgb(self, *, area: Area | None = None, max_width_px: int | None = None) -> NDArray[np.uint8]:
        """Colours, shape (height, width, 3), uint8: of `area` (pixels of the recorded picture), or of everything,
        made smaller where it is wider than `max_width_px`."""
        frame = self._frame
        area = (area or Area(0, 0, frame.width, frame.height)).within(frame.width, frame.height)
        scale = min(1.0, max_width_px / area.width) if max_width_px and area.width else 1.0
        width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA", threads=1)
        pixels = _rows(small, bytes_per_pixel=3).reshape(height, width, 3)
        left, top, right, bottom = (round(edge * scale) for edge in (area.x, area.y, area.right, area.bottom))
        return pixels[top:bottom, left:right]


def _rows(frame: VideoFrame, bytes_per_pixel: int) -> NDArray[np.uint8]:
    """The first plane without the padding at the end of its rows."""
    plane = frame.planes[0]
    # PyAV's planes are buffers; its types do not say so.
    whole: NDArray[np.uint8] = np.frombuffer(cast("memoryview", plane), np.uint8)
    rows = whole[: plane.line_size * frame.height].reshape(frame.height, plane.line_size)
    return rows[:, : frame.width * bytes_per_pixel]
