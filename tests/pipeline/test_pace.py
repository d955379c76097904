"""The batch of one machine, by what it has left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.pipeline.pace import Pace, Use
from vtrack_ray.settings import Settings

SETTINGS = Settings()
SHARED = Pace(SETTINGS, 8, is_dedicated=False)

percents = st.floats(0, 100)
uses = st.builds(Use, percents, percents)


@pytest.mark.parametrize(
    ("cpu", "memory", "size"),
    [
        (29.9, 69.9, 3),
        (30, 69.9, 2),
        (29.9, 70, 2),
        (80, 85, 2),
        (80.1, 0, 1),
        (0, 85.1, 1),
        (100, 100, 1),
        (0, 80, 2),
    ],
)
def test_the_rule(cpu: float, memory: float, size: int) -> None:
    assert SHARED.next(2, Use(cpu, memory)).size == size


def test_it_begins_with_the_default() -> None:
    assert SHARED.first.size == SETTINGS.BATCH_SIZE_DEFAULT


def test_the_thresholds_are_settings() -> None:
    limits = Settings(CPU_THRESHOLD_LOW=10, CPU_THRESHOLD_HIGH=20, MEMORY_GROW_BELOW=40, MEMORY_THRESHOLD=50)
    pace = Pace(limits, 8, is_dedicated=False)
    assert [pace.next(2, use).size for use in (Use(9, 39), Use(15, 45), Use(21, 0), Use(0, 51))] == [3, 2, 1, 1]


def test_the_reason_names_the_use_that_decided() -> None:
    assert SHARED.next(2, Use(91, 99)).reason == "CPU use 91 % is over 80 %"
    assert SHARED.next(2, Use(50, 99)).reason == "memory use 99 % is over 85 %"
    assert SHARED.next(2, Use(10, 20)).reason == "CPU use 10 % is under 30 % and memory use 20 % under 70 %"


@given(st.integers(1, SETTINGS.BATCH_SIZE_MAX), uses)
def test_it_takes_one_step_at_a_time_and_stays_in_its_bounds(size: int, use: Use) -> None:
    step = SHARED.next(size, use).size
    assert abs(step - size) <= 1
    assert 1 <= step <= SETTINGS.BATCH_SIZE_MAX


@given(st.integers(1, SETTINGS.BATCH_SIZE_MAX), uses, uses)
def test_more_in_use_never_gives_a_bigger_batch(size: int, use: Use, other: Use) -> None:
    more = Use(max(use.cpu, other.cpu), max(use.memory, other.memory))
    assert SHARED.next(size, more).size <= SHARED.next(size, use).size


@given(st.integers(1, 300), uses)
def test_a_dedicated_machine_fills_its_cores_whatever_it_does(size: int, use: Use) -> None:
    pace = Pace(SETTINGS, 8, is_dedicated=True)
    assert pace.next(size, use) == pace.first
    assert pace.first.size == 8


def test_a_machine_of_which_no_core_is_known_works_all_the_same() -> None:
    assert Pace(SETTINGS, 0, is_dedicated=True).first.size >= 1
