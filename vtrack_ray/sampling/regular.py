"""Sampling without a cascade: all pictures decoded, each of them or one each sampling interval examined."""

from __future__ import annotations

from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.sampling.look import Look


def exhaustive(look: Look) -> None:
    """Examines every picture."""
    _examine(look, look.reach, wanted=None)


def regular(look: Look, part: Span) -> None:
    """Examines one picture each sampling interval in that part of the reach, and the video's last if it lies there."""
    wanted = look.grid()
    times_s = look.index.times_s
    # The index goes on beyond the reach, unless the file ends there.
    if times_s.size and times_s[-1] < part.end_s:
        wanted.add(float(times_s[-1]))
    _examine(look, part, wanted)


def _examine(look: Look, part: Span, wanted: set[float] | None) -> None:
    before = None
    with look.stages.stage("refine"):
        # From a moment before: small hands are found by what moved since the picture before.
        for picture in look.pictures.all(Span(max(0.0, part.start_s - 1.0), part.end_s)):
            if picture.time_s >= part.start_s and (wanted is None or picture.time_s in wanted):
                look.samples[picture.time_s] = look.examiner.examine(picture, before=before)
            before = picture
    times_s = look.index.times_s
    if times_s.size:
        # The picture before the part is on show until its first one, and its last one until the next.
        end_s = float(times_s[times_s >= part.end_s].min(initial=times_s[-1]))
        start_s = min(max(part.start_s, float(times_s[0])), end_s)
        look.accounted.append(Stretch(span=Span(start_s, end_s), coverage=Coverage.EXAMINED))
