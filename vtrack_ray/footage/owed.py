"""What a decoder owes: the pictures whose packets went in and that have not come out, each with its time."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from av.video.frame import VideoFrame


class Due(NamedTuple):
    """A picture to come: when it is shown (ticks of the stream's time base), and whether it is a keyframe."""

    pts: int
    is_keyframe: bool


class Owed:
    """Follows one iteration's packets and pictures.

    Pictures leave the decoder in the order they are shown, so one that is still owed when one with a later pts comes
    out is lost. Where times belong to packets in decoding order, the first picture to come out takes the first time.
    """

    def __init__(self, *, is_in_decoding_order: bool) -> None:
        self._is_in_decoding_order = is_in_decoding_order
        self._due: list[Due] = []
        self._stored: set[int] = set()

    def put(self, due: Due) -> None:
        """A packet goes into the decoder."""
        heappush(self._due, due)
        self._stored.add(due.pts)

    def lost_before(self, frame: VideoFrame) -> list[Due]:
        """What is lost, now that this picture has come out; no longer owed."""
        if frame.pts is None:
            return []
        if not self._is_in_decoding_order:
            return [heappop(self._due) for _ in range(sum(due.pts < frame.pts for due in self._due))]
        if frame.key_frame:
            # Whatever is stored before a keyframe is shown before it.
            self._stored = {pts for pts in self._stored if pts >= frame.pts}
        lost = [heappop(self._due) for _ in range(len(self._due) - len(self._stored))]
        self._stored.discard(frame.pts)
        return lost

    def take(self, frame: VideoFrame) -> int | None:
        """The time of a picture that has come out; None if none of that time is owed."""
        if not self._due:
            return None
        pts = self._due[0].pts
        if not self._is_in_decoding_order and frame.pts not in (None, pts):
            return None
        while self._due and self._due[0].pts == pts:
            heappop(self._due)
        return pts

    def rest(self) -> list[Due]:
        """What has not come out, by time."""
        return sorted(self._due)
