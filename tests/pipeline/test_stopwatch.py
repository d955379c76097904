"""How long something was worked on, waiting left out."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.pipeline.stopwatch import Stopwatch


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_it_stands_still_until_it_runs_and_after() -> None:
    clock = Clock()
    watch = Stopwatch(clock)
    clock.now_s += 5
    assert watch.seconds == 0
    with watch.running():
        clock.now_s += 2
        assert watch.seconds == 2, "it can be read while it runs"
    clock.now_s += 5
    assert watch.seconds == 2
    with watch.running():
        clock.now_s += 1
    assert watch.seconds == 3


def test_pieces_side_by_side_count_once() -> None:
    clock = Clock()
    watch = Stopwatch(clock)
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(watch.running())
        clock.now_s += 1
        second.enter_context(watch.running())
        clock.now_s += 1
        first.close()
        clock.now_s += 1
        assert watch.seconds == 3
    assert watch.seconds == 3


def test_it_stops_when_the_work_fails() -> None:
    clock = Clock()
    watch = Stopwatch(clock)

    def fail() -> None:
        with watch.running():
            clock.now_s += 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    clock.now_s += 1
    assert watch.seconds == 1


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10)), max_size=12))
def test_the_seconds_are_those_in_which_at_least_one_piece_went_on(pieces: list[tuple[int, int]]) -> None:
    clock = Clock()
    watch = Stopwatch(clock)
    running: dict[int, ExitStack] = {}
    for second in range(62):
        clock.now_s = 100.0 + second
        for number, (start, length) in enumerate(pieces):
            if second == start:
                running[number] = ExitStack()
                running[number].enter_context(watch.running())
            if second == start + length:
                running.pop(number).close()
    covered = {second for start, length in pieces for second in range(start, start + length)}
    assert watch.seconds == len(covered)
