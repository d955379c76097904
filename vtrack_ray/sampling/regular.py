"""Sampling without a cascade: every picture of a span decoded, all of them or one each sampling interval examined."""

from __future__ import annotations

from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.sampling.look import Look


def exhaustive(look: Look) -> None:
    """Examines every picture."""
    _examine(look, wanted=None)


def regular(look: Look) -> None:
    """Examines one picture each sampling interval, and the video's last one."""
    wanted = look.grid()
    times_s = look.index.times_s
    # The index goes on beyond the reach, unless the file ends there.
    if times_s.size and times_s[-1] < look.reach.end_s:
        wanted.add(float(times_s[-1]))
    _examine(look, wanted)


def _examine(look: Look, wanted: set[float] | None) -> None:
    before = first_s = last_s = None
    with look.stages.stage("refine"):
        # From a moment before: small hands are found by what moved since the picture before.
        for picture in look.pictures.all(Span(max(0.0, look.reach.start_s - 1.0), look.reach.end_s)):
            look.pictures_decoded += 1
            if picture.time_s < look.reach.start_s:
                before = picture
                continue
            last_s = picture.time_s
            first_s = last_s if first_s is None else first_s
            if wanted is None or picture.time_s in wanted:
                look.samples[picture.time_s] = look.examiner.examine(picture, before=before)
            before = picture
    if first_s is None or last_s is None:
        return
    # In the midst of a video, the picture before the span is on show until the span's first one.
    start_s = first_s if look.reach.start_s == 0 else look.reach.start_s
    look.accounted.append(Stretch(span=Span(start_s, last_s), coverage=Coverage.EXAMINED))
