"""Filters: which recordings pass, by camera, age, day of the week and hour, in whatever zone the table stands."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vtrack_ray.meaning.filters import DAYS_OF_WEEK, Filters

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [HANOI, BERLIN, ZoneInfo("UTC"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns")]
FOUND_AT = datetime(2026, 11, 20, tzinfo=UTC)

instants = st.datetimes(datetime(2020, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC))  # noqa: DTZ001
clock_times = st.times()
zones = st.sampled_from(ZONES)
days_of_week = st.lists(st.sampled_from(DAYS_OF_WEEK), unique=True).map(tuple)


def refused_by(filters: Filters, started_at: datetime, zone: ZoneInfo, camera_name: str = "cam1") -> str | None:
    refusal = filters.refusal(camera_name, started_at, FOUND_AT, zone)
    return refusal and refusal.filter_name


def hanoi(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of November 2026, of which the 2nd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=HANOI)


def test_only_selected_cameras_pass() -> None:
    filters = Filters(cameras=("cam1", "cam2"))
    assert refused_by(filters, hanoi(2, 8), HANOI, "cam2") is None
    assert filters.refusal("cam3", hanoi(2, 8), FOUND_AT, HANOI) == ("cameras", "camera 'cam3' is not selected")


def test_days_count_from_when_it_was_found() -> None:
    filters = Filters(days=3)
    oldest = FOUND_AT - timedelta(days=3)
    assert refused_by(filters, oldest, HANOI) is None
    assert refused_by(filters, oldest - timedelta(microseconds=1), HANOI) == "days"
    assert refused_by(filters, FOUND_AT + timedelta(days=1), HANOI) is None, "a recorder's clock may be ahead"


@pytest.mark.parametrize(("started_at", "refused"), [(hanoi(2, 0), None), (hanoi(2, 23, 59), None), (hanoi(3, 0), 1)])
def test_working_days_go_by_the_zone(started_at: datetime, refused: int | None) -> None:
    filters = Filters(working_days=("mon",))
    assert refused_by(filters, started_at.astimezone(UTC), HANOI) == (refused and "working_days")
    # It is the zone given that counts, not the one the instant comes in: midnight in Hanoi is Sunday, 17:00 in London.
    assert refused_by(filters, hanoi(2, 0), ZoneInfo("UTC")) == "working_days"


@pytest.mark.parametrize(
    ("from_time", "to_time", "passing", "refused"),
    [
        (time(8), time(17), [hanoi(2, 8), hanoi(2, 16, 59)], [hanoi(2, 7, 59), hanoi(2, 17), hanoi(2, 0)]),
        (time(22), time(6), [hanoi(2, 22), hanoi(3, 0), hanoi(3, 5, 59)], [hanoi(2, 21, 59), hanoi(3, 6)]),
        (time(0), time(12), [hanoi(2, 0), hanoi(2, 11, 59)], [hanoi(2, 12), hanoi(2, 23, 59)]),
        (time(12), time(0), [hanoi(2, 12), hanoi(2, 23, 59)], [hanoi(3, 0), hanoi(2, 11, 59)]),
        (time(9), time(9), [hanoi(2, 0), hanoi(2, 8, 59), hanoi(2, 9), hanoi(2, 23, 59)], []),
    ],
)
def test_working_hours_begin_with_the_first_and_end_before_the_second(
    from_time: time, to_time: time, passing: list[datetime], refused: list[datetime]
) -> None:
    filters = Filters(from_time=from_time, to_time=to_time)
    assert [at for at in passing if refused_by(filters, at, HANOI)] == []
    assert [at for at in refused if refused_by(filters, at, HANOI) != "working_hours"] == []


def test_the_hours_after_midnight_belong_to_the_working_day_on_which_they_began() -> None:
    filters = Filters(working_days=("mon",), from_time=time(22), to_time=time(6))
    assert refused_by(filters, hanoi(2, 23), HANOI) is None
    assert refused_by(filters, hanoi(3, 5, 59), HANOI) is None
    assert refused_by(filters, hanoi(2, 5, 59), HANOI) == "working_days", "that shift began on Sunday"
    assert refused_by(filters, hanoi(3, 22), HANOI) == "working_days"


def test_a_whole_day_begins_at_midnight_whatever_the_two_equal_times_are() -> None:
    filters = Filters(working_days=("mon",), from_time=time(22), to_time=time(22))
    assert refused_by(filters, hanoi(2, 0), HANOI) is None
    assert refused_by(filters, hanoi(3, 1), HANOI) == "working_days"


def test_when_the_clocks_are_put_back_the_hour_that_comes_twice_is_in_or_out_both_times() -> None:
    # 25 October 2026: at 03:00 summer time (01:00 UTC) it is 02:00 again.
    both = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert [at.astimezone(BERLIN).time() for at in both] == [time(2, 30), time(2, 30)]
    assert [refused_by(Filters(from_time=time(2), to_time=time(3)), at, BERLIN) for at in both] == [None, None]
    assert {refused_by(Filters(from_time=time(3), to_time=time(2)), at, BERLIN) for at in both} == {"working_hours"}
    night = Filters(from_time=time(22), to_time=time(3), working_days=("sat",))
    assert [refused_by(night, at, BERLIN) for at in both] == [None, None], "a Saturday's shift goes on"
    assert refused_by(night, datetime(2026, 10, 25, 2, tzinfo=UTC), BERLIN) == "working_hours", "it is 03:00"


def test_when_the_clocks_are_put_forward_the_hour_that_is_left_out_is_nobodys() -> None:
    # 29 March 2026: at 02:00 (01:00 UTC) it is 03:00 at once.
    before, after = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)
    missing = Filters(from_time=time(2), to_time=time(3))
    assert {refused_by(missing, at, BERLIN) for at in (before, after)} == {"working_hours"}
    assert refused_by(Filters(from_time=time(0), to_time=time(2)), before, BERLIN) is None
    assert refused_by(Filters(from_time=time(3), to_time=time(4)), after, BERLIN) is None


def test_the_first_filter_that_does_not_pass_is_named() -> None:
    filters = Filters(cameras=("cam2",), days=1, working_days=("sun",), from_time=time(1), to_time=time(2))
    assert refused_by(filters, hanoi(2, 8), HANOI) == "cameras"
    assert refused_by(filters, hanoi(2, 8), HANOI, "cam2") == "days"
    assert refused_by(filters.model_copy(update={"days": None}), hanoi(2, 8), HANOI, "cam2") == "working_hours"
    assert refused_by(filters.model_copy(update={"days": None}), hanoi(2, 1), HANOI, "cam2") == "working_days"


@pytest.mark.parametrize(
    "fields",
    [
        {"days": 0},
        {"working_days": ("monday",)},
        {"from_time": "25:00"},
        {"to_time": "18:00+07:00"},
        {"from_time": time(8, tzinfo=UTC), "to_time": time(18, tzinfo=UTC)},
        {"camera": ("cam1",)},
    ],
)
def test_what_is_no_filter_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Filters.model_validate(fields)


@given(st.text(), instants, instants, zones)
def test_without_a_choice_nothing_is_refused(
    camera_name: str, started_at: datetime, found_at: datetime, zone: ZoneInfo
) -> None:
    assert Filters().refusal(camera_name, started_at, found_at, zone) is None


@given(instants, clock_times, clock_times, zones)
def test_hours_and_the_other_hours_part_the_day(started_at: datetime, one: time, other: time, zone: ZoneInfo) -> None:
    refused = [
        refused_by(Filters(from_time=one, to_time=other), started_at, zone),
        refused_by(Filters(from_time=other, to_time=one), started_at, zone),
    ]
    assert refused.count(None) == (2 if one == other else 1)


@given(instants, clock_times, clock_times, days_of_week, zones)
def test_working_days_and_the_other_days_part_the_working_hours(
    started_at: datetime, one: time, other: time, days: tuple[str, ...], zone: ZoneInfo
) -> None:
    rest = tuple(day for day in DAYS_OF_WEEK if day not in days)
    hours = {"from_time": one, "to_time": other}
    is_open = refused_by(Filters.model_validate(hours), started_at, zone) is None
    passes = [
        refused_by(Filters.model_validate({**hours, "working_days": some}), started_at, zone) is None
        for some in (days, rest)
    ]
    # No days at all mean any.
    assert passes.count(True) == is_open * (1 if days and rest else 2)


@given(instants, clock_times, clock_times, days_of_week, zones)
def test_the_night_of_one_working_day_is_never_parted(
    started_at: datetime, one: time, other: time, days: tuple[str, ...], zone: ZoneInfo
) -> None:
    """Across midnight, a recording is judged as one from the first minute of its shift."""
    late, early = max(one, other), min(one, other)
    filters = Filters.model_validate({"from_time": late, "to_time": early, "working_days": days})
    local = started_at.astimezone(zone)
    if local.time() < early < late:
        began = datetime.combine(local.date() - timedelta(days=1), late, zone)
        assert refused_by(filters, started_at, zone) == refused_by(filters, began, zone)


@given(st.builds(Filters, days=st.none() | st.integers(1, 400), working_days=days_of_week, from_time=clock_times))
def test_filters_survive_being_written_down(filters: Filters) -> None:
    assert Filters.model_validate_json(filters.model_dump_json()) == filters
