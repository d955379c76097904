"""Which videos are worked on: what filters and First Run leave out, and what comes back in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.ledger.values import Filterable
from vtrack_ray.meaning.filters import Filters, Refusal
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramRequest, ProgramState
from vtrack_ray.pipeline.sorting import FIRST_RUN, Sorted, sort

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
OVER_3_DAYS = Refusal("days", "it was recorded more than 3 days before it was found")
BEFORE_FIRST = Refusal(FIRST_RUN, "it was recorded before the 4 days of First Run")
DEFAULT = Program(
    program_id=1,
    request=ProgramRequest(kind=ProgramKind.DEFAULT),
    state=ProgramState.RUNNING,
    reason=None,
    requested_at=NOW,
    started_at=NOW,
    ended_at=None,
)


def first(days: int) -> Program:
    return replace(DEFAULT, request=ProgramRequest(kind=ProgramKind.FIRST, days=days))


def recorded(days_ago: float, *, refusal: Refusal | None = None, camera_name: str = "cam1") -> Filterable:
    return Filterable(
        video_id=f"{camera_name} {days_ago}",
        camera_name=camera_name,
        started_at=NOW - timedelta(days=days_ago),
        added_at=NOW,
        status="skipped" if refusal else "pending",
        refusal=refusal,
    )


def settled(video: Filterable, filters: Filters, lasting: Program | None) -> Filterable:
    """The video after it was sorted and that was stored."""
    found = sort([video], filters, lasting, ZONE)
    for skipped in found.skipped:
        video = video._replace(status="skipped", refusal=Refusal(skipped.skipped_by, skipped.reason))
    return video._replace(status="pending", refusal=None) if found.taken_up else video


def test_what_passes_waits() -> None:
    assert sort([recorded(400)], Filters(), DEFAULT, ZONE) == Sorted((), ())


def test_what_a_filter_refuses_is_skipped_with_its_name_and_reason() -> None:
    [skipped] = sort([recorded(1), recorded(4)], Filters(days=3), DEFAULT, ZONE).skipped
    assert skipped == ("cam1 4", *OVER_3_DAYS)


def test_what_is_skipped_already_is_not_skipped_again() -> None:
    assert sort([recorded(4, refusal=OVER_3_DAYS)], Filters(days=3), DEFAULT, ZONE) == Sorted((), ())


def test_what_another_filter_refuses_now_is_told_anew() -> None:
    [skipped] = sort([recorded(4, refusal=OVER_3_DAYS)], Filters(cameras=("cam2",)), DEFAULT, ZONE).skipped
    assert skipped.skipped_by == "cameras"


def test_what_the_same_filter_refuses_for_another_reason_is_told_anew() -> None:
    [skipped] = sort([recorded(4, refusal=OVER_3_DAYS)], Filters(days=2), DEFAULT, ZONE).skipped
    assert skipped == ("cam1 4", "days", "it was recorded more than 2 days before it was found")


def test_what_passes_again_is_taken_up() -> None:
    assert sort([recorded(4, refusal=OVER_3_DAYS)], Filters(days=5), DEFAULT, ZONE).taken_up == ("cam1 4",)


def test_filters_count_while_no_program_goes_on() -> None:
    assert sort([recorded(4)], Filters(days=3), None, ZONE).skipped
    assert sort([recorded(4, refusal=OVER_3_DAYS)], Filters(), None, ZONE).taken_up


def test_first_run_leaves_out_what_is_older_than_its_days() -> None:
    [skipped] = sort([recorded(3), recorded(3.001)], Filters(), first(3), ZONE).skipped
    assert skipped == ("cam1 3.001", FIRST_RUN, "it was recorded before the 3 days of First Run")


def test_the_days_of_first_run_count_from_when_it_was_asked_for() -> None:
    late = recorded(2)._replace(added_at=NOW + timedelta(days=10))
    assert sort([late], Filters(), first(3), ZONE) == Sorted((), ())


def test_default_leaves_aside_what_first_run_left_out_and_takes_whatever_else_comes() -> None:
    found = sort([recorded(9, refusal=BEFORE_FIRST), recorded(9, camera_name="cam2")], Filters(), DEFAULT, ZONE)
    assert found == Sorted((), ())
    assert sort([recorded(9, refusal=BEFORE_FIRST)], Filters(), None, ZONE) == Sorted((), ())


def test_a_first_run_over_more_days_takes_up_what_a_shorter_one_left_out() -> None:
    assert sort([recorded(5, refusal=BEFORE_FIRST)], Filters(), first(6), ZONE).taken_up == ("cam1 5",)
    assert sort([recorded(5, refusal=BEFORE_FIRST)], Filters(), first(4), ZONE) == Sorted((), ())


videos = st.builds(
    recorded,
    st.floats(0, 30),
    refusal=st.sampled_from([None, OVER_3_DAYS, Refusal("cameras", "it was another"), BEFORE_FIRST]),
)
filters = st.builds(
    Filters,
    cameras=st.sampled_from([(), ("cam1",), ("cam2",)]),
    days=st.none() | st.integers(1, 30),
    from_time=st.just(time(0)),
    to_time=st.sampled_from([time(0), time(6)]),
)
programs = st.sampled_from([DEFAULT, None]) | st.integers(1, 30).map(first)


@given(videos, filters, programs)
def test_sorting_again_changes_nothing(video: Filterable, chosen: Filters, lasting: Program | None) -> None:
    assert sort([settled(video, chosen, lasting)], chosen, lasting, ZONE) == Sorted((), ())


@given(st.floats(0, 30).map(recorded), filters, programs)
def test_filters_that_were_put_in_force_and_lifted_leave_everything_as_it_was(
    video: Filterable, chosen: Filters, lasting: Program | None
) -> None:
    before = settled(video, Filters(), lasting)
    assert settled(settled(before, chosen, lasting), Filters(), lasting) == before
    # Default goes by what First Run left out, so it has to remember that.
    assert settled(settled(before, chosen, DEFAULT), Filters(), DEFAULT) == before
