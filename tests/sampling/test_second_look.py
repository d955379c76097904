"""The second look: how far it goes."""

from __future__ import annotations

from vtrack_ray.meaning.span import Span
from vtrack_ray.sampling.second_look import shortened


def test_a_packing_too_long_to_be_looked_through_is_looked_at_from_both_ends() -> None:
    spans = [Span(0.0, 30.0), Span(100.0, 400.0)]
    assert shortened(spans, 120.0) == [Span(0.0, 30.0), Span(100.0, 160.0), Span(340.0, 400.0)]
    assert shortened(spans, 300.0) == spans
