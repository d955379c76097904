"""An area: an upright rectangle of a picture, in pixels."""

from __future__ import annotations

from typing import NamedTuple


class Area(NamedTuple):
    """Left edge, top edge, width and height in pixels of the recorded picture."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    def grown(self, margin_px: int) -> Area:
        """The area with `margin_px` more on each side; its corner may turn negative."""
        return Area(self.x - margin_px, self.y - margin_px, self.width + 2 * margin_px, self.height + 2 * margin_px)

    def within(self, width_px: int, height_px: int) -> Area:
        """The part of the area that lies in a picture of that size (width and height at least 0)."""
        left, top = min(max(self.x, 0), width_px), min(max(self.y, 0), height_px)
        right, bottom = min(max(self.right, left), width_px), min(max(self.bottom, top), height_px)
        return Area(left, top, right - left, bottom - top)

    def common(self, other: Area) -> Area:
        """The part that lies in both areas; without width or height if there is none."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Area(left, top, max(0, right - left), max(0, bottom - top))

    def joined(self, other: Area) -> Area:
        """The smallest area that covers both."""
        left, top = min(self.x, other.x), min(self.y, other.y)
        return Area(left, top, max(self.right, other.right) - left, max(self.bottom, other.bottom) - top)

    def fits(self, width_px: int, height_px: int) -> bool:
        """Whether the area is not empty and lies wholly in a picture of that size."""
        return self.width > 0 and self.height > 0 and self == self.within(width_px, height_px)

    def overlaps(self, other: Area) -> bool:
        """Whether the two have a pixel in common."""
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        return across > 0 and down > 0
