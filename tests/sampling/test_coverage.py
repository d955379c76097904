from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.meaning.span import Coverage, Span, Stretch, covered_s
from vtrack_ray.sampling.coverage import NO_PICTURE, covered

WHOLE = Span(0.0, 60.0)


def stretch(start_s: float, end_s: float, coverage: Coverage = Coverage.EXAMINED, reason: str | None = None) -> Stretch:
    return Stretch(span=Span(start_s, end_s), coverage=coverage, reason=reason)


def test_the_last_picture_is_on_show_to_the_end() -> None:
    assert covered(WHOLE, [stretch(0, 59.96)], [], 1.0) == (stretch(0, 60),)


def test_the_last_picture_may_lie_before_the_span() -> None:
    assert covered(WHOLE, [stretch(-9, -4)], [], 65.0) == (stretch(0, 60),)


def test_a_file_that_ends_early_is_unreadable_from_there() -> None:
    examined, lost = covered(WHOLE, [stretch(0, 40)], [], 1.0)
    assert examined == stretch(0, 40)
    assert lost == stretch(40, 60, Coverage.UNREADABLE, NO_PICTURE)


def test_a_fault_is_cut_out_of_what_was_examined() -> None:
    fault = stretch(10, 12, Coverage.UNREADABLE, "broken packet")
    assert covered(WHOLE, [stretch(0, 60)], [fault], 1.0) == (stretch(0, 10), fault, stretch(12, 60))


def test_nothing_accounted_for_is_unreadable() -> None:
    assert covered(WHOLE, [], [], 1.0) == (stretch(0, 60, Coverage.UNREADABLE, NO_PICTURE),)


@st.composite
def cuts(draw: st.DrawFn, coverage: tuple[Coverage, ...]) -> list[Stretch]:
    edges = sorted(draw(st.lists(st.floats(-5, 65), max_size=12)))
    return [stretch(a, b, draw(st.sampled_from(coverage))) for a, b in zip(edges[::2], edges[1::2], strict=False)]


@given(cuts((Coverage.EXAMINED, Coverage.IDLE)), cuts((Coverage.UNREADABLE,)), st.floats(0, 5))
def test_coverage_adds_up_to_the_span(accounted: list[Stretch], faults: list[Stretch], last_picture_s: float) -> None:
    coverage = covered(WHOLE, accounted, faults, last_picture_s)
    assert coverage[0].span.start_s == 0
    assert coverage[-1].span.end_s == 60
    assert all(one.span.end_s == after.span.start_s for one, after in pairwise(coverage))
    assert sum(covered_s(coverage, kind) for kind in Coverage) == pytest.approx(60)
