"""Activity: what packet sizes tell of motion, and where they tell nothing."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.footage.packets import PacketIndex
from vtrack_ray.meaning.span import Span
from vtrack_ray.sampling.activity import Activity

CARD_SHARE = 0.008
KEYFRAME = 40_000


def index_of(sizes: list[int], keyframe: list[bool], rate: float = 25.0) -> PacketIndex:
    return PacketIndex(
        times_s=np.arange(len(sizes)) / rate,
        keyframe=np.array(keyframe, np.bool_),
        size_bytes=np.array(sizes, np.int64),
        end_s=len(sizes) / rate,
    )


def idle(noise: int, *, seconds: int = 120, gop: int = 50, burst_at: int | None = None, burst: int = 0) -> Activity:
    """An idle table at 25 pictures a second, with one larger packet."""
    keyframe = [i % gop == 0 for i in range(seconds * 25)]
    sizes = [KEYFRAME if key else noise for key in keyframe]
    if burst_at is not None:
        sizes[burst_at] += burst
    return Activity(index_of(sizes, keyframe), CARD_SHARE)


@given(st.integers(0, 400), st.integers(1, 2_990).filter(lambda i: i % 50))
def test_a_card_stored_anew_is_noticed_at_any_level_of_noise(noise: int, at: int) -> None:
    """Twice its share of a keyframe is the least that a card was seen to take where sizes are believed."""
    activity = idle(noise, burst_at=at, burst=round(2.0 * CARD_SHARE * KEYFRAME))
    moved = activity.moved_within(0.0, 120.0)
    assert moved is not None
    assert moved.start_s <= at / 25 < moved.end_s
    assert moved.duration_s <= 1.0


@pytest.mark.parametrize("noise", [0, 100, 400])
def test_noise_alone_is_no_motion(noise: int) -> None:
    assert idle(noise).moved_within(0.0, 120.0) is None


@pytest.mark.parametrize(("of_card", "is_believed"), [(0.1, True), (0.6, False)])
def test_noise_in_which_a_card_could_hide_is_motion_everywhere(of_card: float, is_believed: bool) -> None:
    """`of_card`: the deviation of the noise in half a second, in what storing the card may take unnoticed."""
    rng = np.random.default_rng(1)
    keyframe = [i % 50 == 0 for i in range(6_000)]
    deviation = of_card * 1.5 * CARD_SHARE * KEYFRAME / 12.5**0.5
    sizes = [KEYFRAME if key else int(rng.normal(200, deviation)) for key in keyframe]
    activity = Activity(index_of(sizes, keyframe), CARD_SHARE)
    moved = [activity.moved_within(second + 0.2, second + 0.3) is not None for second in range(240)]
    assert all(moved) is not is_believed
    assert any(moved) is not is_believed


def test_what_is_as_large_as_keyframes_tells_nothing() -> None:
    assert idle(1_000).moved_within(10.0, 12.0) == Span(10.0, 12.0)


@pytest.mark.parametrize("gop", [1, 2, 5])
def test_where_most_changes_may_lie_in_keyframes_sizes_are_not_believed(gop: int) -> None:
    assert idle(100, gop=gop).moved_within(10.0, 12.0) == Span(10.0, 12.0)


def test_a_table_that_is_busy_most_of_the_time_is_not_taken_for_the_noise() -> None:
    rng = np.random.default_rng(1)
    keyframe = [i % 50 == 0 for i in range(3_000)]
    # Hands at work in four seconds of five.
    sizes = [
        KEYFRAME if key else 100 + (i // 25 % 5 > 0) * int(rng.integers(60, 140)) for i, key in enumerate(keyframe)
    ]
    activity = Activity(index_of(sizes, keyframe), CARD_SHARE)
    assert all(activity.moved_within(start_s, start_s + 4.0) for start_s in range(0, 116, 2))


def test_before_the_first_keyframe_anything_may_move() -> None:
    keyframe = [i % 50 == 30 for i in range(1_000)]
    activity = Activity(index_of([KEYFRAME if key else 100 for key in keyframe], keyframe), CARD_SHARE)
    assert activity.moved_within(0.0, 40.0) == Span(0.0, 1.0)


def test_without_pictures_or_keyframes_there_is_nothing_to_tell_by() -> None:
    assert Activity(index_of([], []), CARD_SHARE).moved_within(0.0, 10.0) is None
    assert Activity(index_of([100] * 250, [False] * 250), CARD_SHARE).moved_within(0.0, 10.0) == Span(0.0, 10.0)


def test_a_parcel_that_comes_or_goes_is_larger_than_hands() -> None:
    activity = idle(100, burst_at=1_510, burst=KEYFRAME)
    sweep = Span(60.0, 60.5)
    assert activity.sweeps_within(60.0, 62.0) == [sweep]
    assert activity.sweeps_within(58.0, 60.0) == [sweep]
    assert activity.sweeps_within(58.0, 59.9) == []
    assert activity.sweeps_within(60.5, 62.0) == []
    assert idle(100, burst_at=1_510, burst=KEYFRAME // 4).sweeps_within(0.0, 120.0) == []


def test_a_sweep_is_told_of_as_a_whole() -> None:
    keyframe = [i % 50 == 0 for i in range(3_000)]
    sizes = [KEYFRAME if key or 59.6 <= i / 25 < 60.9 else 100 for i, key in enumerate(keyframe)]
    assert Activity(index_of(sizes, keyframe), CARD_SHARE).sweeps_within(60.2, 60.3) == [Span(59.5, 61.0)]


def test_a_moment_in_which_no_hands_move_may_be_a_rest() -> None:
    keyframe = [i % 50 == 0 for i in range(3_000)]
    moving = [Span(20, 24.5), Span(26, 30)]
    sizes = [
        KEYFRAME if key else 600 if any(span.start_s <= i / 25 < span.end_s for span in moving) else 100
        for i, key in enumerate(keyframe)
    ]
    activity = Activity(index_of(sizes, keyframe), CARD_SHARE)
    assert activity.may_rest_within(24.0, 28.0)
    assert not activity.may_rest_within(20.0, 24.0)
    assert activity.may_rest_within(24.0, 24.5)
    assert activity.may_rest_within(30.5, 60.0)


@pytest.mark.parametrize(("noise", "is_hidden"), [(KEYFRAME // 200, False), (KEYFRAME // 20, True)])
def test_noise_may_hide_a_rest(noise: int, is_hidden: bool) -> None:
    """Something moves in seven half seconds of eight."""
    keyframe = [i % 48 == 0 for i in range(2_880)]
    sizes = [KEYFRAME if key else noise + (i // 12 % 8 > 0) * KEYFRAME // 50 for i, key in enumerate(keyframe)]
    activity = Activity(index_of(sizes, keyframe, rate=24.0), CARD_SHARE)
    assert activity.may_rest_within(40.5, 43.9) is is_hidden
    assert activity.may_rest_within(40.5, 44.1)


def test_hours_take_little_memory_and_tell_the_same_as_their_parts() -> None:
    rng = np.random.default_rng(1)
    count = 9 * 3600 * 2
    keyframe = np.arange(count) % 20 == 0
    sizes = np.where(keyframe, KEYFRAME, rng.normal(400, 60, count)).astype(np.int64)
    sizes[rng.integers(0, count, count // 50)] += KEYFRAME // 10
    whole = PacketIndex(times_s=np.arange(count) / 2, keyframe=keyframe, size_bytes=sizes, end_s=count / 2)
    tracemalloc.start()
    activity = Activity(whole, CARD_SHARE)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 40e6
    for start in range(2000, count - 4000, 3000):
        cut = slice(start, start + 1000)
        part = PacketIndex(
            times_s=whole.times_s[cut], keyframe=keyframe[cut], size_bytes=sizes[cut], end_s=start / 2 + 500
        )
        of_part = Activity(part, CARD_SHARE)
        for at_s in np.arange(start / 2 + 100, start / 2 + 400, 0.5):
            assert of_part.moved_within(at_s, at_s + 0.4) == activity.moved_within(at_s, at_s + 0.4)
