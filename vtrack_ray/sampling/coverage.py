"""Coverage of a span: examined, idle and unreadable stretches that add up to it, to the last second."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vtrack_ray.meaning.span import Coverage, Span, Stretch, joined

NOT_IN_FILE = "the file holds no pictures of this time"
"""The reason given where the packets of a stretch are missing."""

NO_PICTURE = "no picture could be decoded here"
"""The reason given where a span's pictures are missing without the decoder having complained."""


def covered(
    span: Span, accounted: Iterable[Stretch], faults: Iterable[Stretch], last_picture_s: float
) -> tuple[Stretch, ...]:
    """The coverage of `span`: what was accounted for, except where there are faults; the rest is unreadable.

    The last picture, which may lie before the span, is on show for up to `last_picture_s`; a longer silence at the end
    is a file cut short.
    """
    accounted = list(accounted)
    if accounted:
        last = max(accounted, key=lambda stretch: stretch.span.end_s)
        if span.end_s - last.span.end_s <= last_picture_s:
            accounted.append(Stretch(span=Span(last.span.end_s, span.end_s), coverage=last.coverage))
    inside = _clipped(accounted, span)
    broken = _without_overlap(_clipped(faults, span))
    readable = _minus(inside, [fault.span for fault in broken])
    known = joined([*readable, *broken])
    missing = _minus(
        [Stretch(span=span, coverage=Coverage.UNREADABLE, reason=NO_PICTURE)], [stretch.span for stretch in known]
    )
    return joined([*known, *missing])


def _clipped(stretches: Iterable[Stretch], span: Span) -> tuple[Stretch, ...]:
    return joined(
        Stretch(
            span=Span(max(s.span.start_s, span.start_s), min(s.span.end_s, span.end_s)),
            coverage=s.coverage,
            reason=s.reason,
        )
        for s in stretches
    )


def _without_overlap(stretches: Sequence[Stretch]) -> list[Stretch]:
    out: list[Stretch] = []
    for stretch in stretches:
        out += _minus([stretch], [earlier.span for earlier in out])
    return out


def _minus(stretches: Iterable[Stretch], spans: Iterable[Span]) -> list[Stretch]:
    """The parts of the stretches that lie in none of the spans."""
    parts = list(stretches)
    for start_s, end_s in spans:
        parts = [
            Stretch(span=Span(low, high), coverage=part.coverage, reason=part.reason)
            for part in parts
            for low, high in (
                (part.span.start_s, min(part.span.end_s, start_s)),
                (max(part.span.start_s, end_s), part.span.end_s),
            )
            if high > low
        ]
    return parts
