"""Gaps: the stretches of a span of which no picture can be had, found while its pictures go by."""

from __future__ import annotations

from dataclasses import dataclass

from vtrack_ray.meaning.span import Span

_NO_PICTURE = "the decoder made no picture of the data"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A stretch of which no picture can be had, and why."""

    span: Span
    reason: str


class Gaps:
    """Follows one iteration over a span's pictures and appends each finished gap to `faults`."""

    def __init__(self, span: Span, faults: list[Fault]) -> None:
        self._span = span
        self._faults = faults
        self._open: tuple[float, str] | None = None
        self._given_s = span.start_s
        self._reach_s = span.start_s
        self._reason = _NO_PICTURE
        self.has_lost_keyframe = False
        """Whether a keyframe is among what is lost since the last picture was given."""

    def reach(self, end_s: float) -> None:
        """The file has been read up to there."""
        self._reach_s = max(self._reach_s, end_s)

    def blame(self, reason: str) -> None:
        """What the next picture that is lost will have been lost to."""
        self._reason = reason

    @property
    def is_blamed(self) -> bool:
        """Whether the decoder has complained since the last gap ended."""
        return self._reason != _NO_PICTURE

    def lose(self, time_s: float, *, is_keyframe: bool = False) -> None:
        """The picture at that time can't be had."""
        self.has_lost_keyframe |= is_keyframe
        if self._open is None:
            self._open = max(time_s, self._given_s), self._reason

    def break_off(self, reason: str) -> None:
        """The file can't be read from where it has been read to."""
        self.blame(reason)
        self.lose(self._reach_s)

    def give(self, time_s: float) -> None:
        """The picture at that time can be had: an open gap ends there."""
        self._end(time_s)
        self.has_lost_keyframe = False
        self._given_s = max(time_s, self._given_s)

    def close(self) -> None:
        """There are no more pictures: an open gap ends where the file does."""
        self._end(self._reach_s)

    def _end(self, time_s: float) -> None:
        if self._open is None:
            return
        (start_s, reason), self._open = self._open, None
        self._reason = _NO_PICTURE
        end_s = min(time_s, self._span.end_s)
        if start_s < end_s:
            self._faults.append(Fault(span=Span(start_s, end_s), reason=reason))
