from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.events.scenes import sight
from vtrack_ray.footage.packets import PacketIndex
from vtrack_ray.meaning.sample import Sample, Trigger
from vtrack_ray.meaning.span import Span
from vtrack_ray.sampling.activity import Activity
from vtrack_ray.sampling.plan import (
    CHECK_S,
    Keyframes,
    gaps,
    lead_s,
    may_be_a_hand,
    may_be_covered_again,
    may_be_lifted,
    on_grid,
)

CARD_SHARE = 0.008


def on(time_s: float) -> Sample:
    return Sample(time_s=time_s, trigger=Trigger.ON)


def off(time_s: float, *codes: str) -> Sample:
    return Sample(time_s=time_s, trigger=Trigger.OFF, sights=tuple(sight(code) for code in codes))


@given(st.lists(st.integers(1, 40), min_size=2, max_size=200), st.integers(1, 150))
def test_the_grid_does_not_depend_on_where_the_times_are_cut(steps: list[int], cut: int) -> None:
    times = np.cumsum(steps) / 50
    cut %= len(times)
    whole = on_grid(times, 0.2)
    assert (on_grid(times[cut:], 0.2)[1:] == whole[cut + 1 :]).all()


def test_the_grid_takes_five_pictures_of_a_second() -> None:
    assert on_grid(np.arange(0, 10, 1 / 25), 0.2).sum() == 50


class Moving:
    """Motion at those times, and nowhere else."""

    def __init__(self, *moved: float, swept: Sequence[Span] = (), may_rest: bool = False) -> None:
        self.moved = moved
        self.swept = swept
        self.may_rest = may_rest

    def moved_within(self, start_s: float, end_s: float) -> Span | None:
        inside = [time_s for time_s in self.moved if start_s <= time_s <= end_s]
        return Span(min(inside), max(inside)) if inside else None

    def sweeps_within(self, start_s: float, end_s: float) -> list[Span]:
        return [sweep for sweep in self.swept if sweep.start_s <= end_s and sweep.end_s > start_s]

    def may_rest_within(self, start_s: float, end_s: float) -> bool:
        return self.may_rest and start_s < end_s


ALWAYS = Moving(*(n / 2 for n in range(100)))


@pytest.mark.parametrize(
    ("before", "after", "needs_look"),
    [
        (on(0), on(2), False),
        (off(0), off(2), False),
        (off(0, "CODE0001"), off(2, "CODE0001"), False),
        (off(0), off(2, "CODE0001"), False),
        (on(0), off(2), True),
        (off(0, "CODE0001"), on(2), True),
        (off(0, "CODE0001"), off(2), True),
        (off(0, "CODE0001"), off(2, "CODE0002"), True),
        (on(0), on(7), True),
        (off(0), off(7), True),
    ],
)
def test_a_gap_is_looked_into_where_something_changed_or_may_hide(
    before: Sample, after: Sample, needs_look: bool
) -> None:
    [gap] = gaps([before, after], ALWAYS, guarantee_s=5.0)
    assert gap.needs_look is needs_look


def test_where_nothing_moved_only_a_change_of_the_trigger_is_looked_into() -> None:
    still = Moving()
    assert not any(gap.needs_look for gap in gaps([on(0), on(20)], still, 5.0))
    assert not any(gap.needs_look for gap in gaps([off(0, "CODE0001"), off(20)], still, 5.0))
    assert all(gap.needs_look for gap in gaps([on(0), off(20)], still, 5.0))


def test_one_sign_of_motion_may_be_the_end_of_a_packing_that_began_without() -> None:
    [gap] = gaps([on(0), on(12)], Moving(7), 5.0)
    assert gap.needs_look
    assert not gap.is_idle
    [gap] = gaps([on(0), on(5)], Moving(4), 5.0)
    assert gap.is_idle


@pytest.mark.parametrize(
    ("sweep", "following", "needs_look"),
    [
        (Span(10.5, 11), off(14), True),
        (Span(12, 12.5), off(14), True),
        (Span(12, 12.5), None, True),
        # The parcel that has come before, and the one that has left behind:
        (Span(9.5, 10.5), off(14), False),
        (Span(9.5, 11.5), off(14), True),
        (Span(12, 12.5), on(14), False),
        (Span(11.5, 12.5), on(14), False),
        (Span(10.5, 12.5), on(14), True),
        (Span(11, 11.5), on(14), True),
    ],
)
def test_between_two_parcels_it_looks_where_as_much_changed_as_when_one_is_moved(
    sweep: Span, following: Sample | None, needs_look: bool
) -> None:
    moving = Moving(11, swept=[sweep])
    behind = [following] if following else []
    assert gaps([off(10), off(12), *behind], moving, 5.0)[0].needs_look is needs_look
    assert not gaps([on(10), on(12), *behind], moving, 5.0)[0].needs_look


@pytest.mark.parametrize(("apart_s", "needs_look"), [(2, False), (2.4, False), (3, True), (4, True)])
def test_between_two_parcels_it_looks_where_the_table_may_have_rested_for_longer_than_keyframes_are_apart(
    apart_s: float, needs_look: bool
) -> None:
    [gap] = gaps([off(0), off(apart_s)], Moving(1, may_rest=True), 5.0)
    assert gap.needs_look is needs_look
    [gap] = gaps([off(0), off(apart_s)], Moving(1), 5.0)
    assert not gap.needs_look
    [gap] = gaps([on(0), on(apart_s)], Moving(1, may_rest=True), 5.0)
    assert not gap.needs_look


@pytest.mark.parametrize(
    ("seen_s", "swept", "may_be"),
    [
        ([9.2], [], True),
        ([8.9], [], False),
        ([9.2], [Span(9.5, 10)], False),
        ([9.2], [Span(12, 12.5)], True),
        ([12.8], [], True),
        ([13.1], [], False),
        ([12.8], [Span(12.5, 13)], False),
        ([0.0, 9.2, 20.0], [], True),
        ([0.0, 20.0], [], False),
        ([], [], False),
    ],
)
def test_what_covers_the_card_for_a_moment_so_far_may_be_a_hand_unless_a_parcel_moved(
    seen_s: list[float], swept: list[Span], may_be: bool
) -> None:
    moving = Moving(11, swept=swept)
    [gap] = gaps([off(10), off(12)], moving, 5.0)
    assert may_be_a_hand(gap, seen_s, moving) is may_be
    [still] = gaps([off(10), off(12)], Moving(), 5.0)
    [shown] = gaps([off(10), on(12)], moving, 5.0)
    assert not any(may_be_a_hand(other, seen_s, moving) for other in (still, shown))


@pytest.mark.parametrize(
    ("seen", "covered", "may_be"),
    [
        ((10, 12), [9.2], True),
        ((10, 12), [8.9], False),
        ((10, 12), [12.8], True),
        ((10, 12), [13.1], False),
        ((10, 12), [0.0, 9.2, 20.0], True),
        ((10, 12), [0.0, 20.0], False),
        ((10, 12), [], False),
        ((14, 16), [13.2], False),
    ],
)
def test_a_parcel_lifted_for_a_moment_may_lie_on_the_card_again_where_something_moves_for_long_enough(
    seen: tuple[float, float], covered: list[float], may_be: bool
) -> None:
    moving = Moving(10.4, 11.6, 14.2, 15.2)
    [gap] = gaps([on(seen[0]), on(seen[1])], moving, 5.0)
    assert may_be_covered_again(gap, covered) is may_be
    [still] = gaps([on(seen[0]), on(seen[1])], Moving(), 5.0)
    [edge] = gaps([on(seen[0]), off(seen[1])], moving, 5.0)
    assert not any(may_be_covered_again(other, covered) for other in (still, edge))


@pytest.mark.parametrize(
    ("states", "moved_s", "may_be"),
    [
        ((on(0), on(4), on(8)), [1, 3.5, 7], True),
        ((on(0), on(4), on(8)), [1, 2.8, 7], False),
        ((on(0), on(4), on(8)), [1, 3.5], False),
        ((on(0), on(2), on(4)), [1, 1.5, 3], False),
        ((on(0), on(4), off(8)), [1, 3.5, 7], False),
        ((off(0), on(4), on(8)), [1, 3.5, 7], False),
    ],
)
def test_the_card_seen_once_amid_motion_may_lie_below_a_parcel_that_is_lifted(
    states: Sequence[Sample], moved_s: list[float], may_be: bool
) -> None:
    moving = Moving(*moved_s)
    gap, following = gaps(states, moving, 5.0)
    assert may_be_lifted(gap, following, moving, 5.0) is may_be


def with_keyframes(times: Sequence[float] | NDArray[np.float64], keyframes: set[int]) -> PacketIndex:
    """An index of pictures at those times in seconds, nothing moving; the keyframes by number."""
    is_keyframe = np.isin(np.arange(len(times)), list(keyframes))
    return PacketIndex(
        times_s=np.asarray(times),
        keyframe=is_keyframe,
        size_bytes=np.where(is_keyframe, 30_000, 100).astype(np.int64),
        end_s=float(times[-1]),
    )


def test_a_keyframe_out_of_turn_is_examined() -> None:
    index = with_keyframes(np.arange(2_000) / 25, {*range(0, 2_000, 100), 1_010, 1_012, 1_060})
    chosen = keyframes_of(index).coarse(Span(0.0, 80.0), 5.0)
    assert [time_s for time_s in chosen if 40 < time_s < 44] == [40.4, 42.4]


def test_no_keyframe_is_out_of_turn_where_pictures_are_lost_or_left_out() -> None:
    lossy = np.delete(np.arange(2_000), [130, 140, 150, 560]) / 25
    each_100 = set(np.flatnonzero(lossy % 4 == 0).tolist())
    assert keyframes_of(with_keyframes(lossy, each_100)).coarse(Span(0.0, 80.0), 5.0) == [0, 20, 40, 60, 76]
    thrifty = np.concatenate(
        [np.arange(0, 40, 0.25), np.arange(1_000, 2_000) / 25]
    )  # four a second, where nothing changes
    each_4_s = set(np.flatnonzero(thrifty % 4 == 0).tolist())
    assert keyframes_of(with_keyframes(thrifty, each_4_s)).coarse(Span(0.0, 80.0), 5.0) == [0, 20, 40, 60, 76]


def test_a_stretch_is_idle_only_between_two_on_samples() -> None:
    [gap] = gaps([off(0), off(2)], Moving(), 5.0)
    assert not gap.is_idle
    [gap] = gaps([on(0), off(2)], Moving(), 5.0)
    assert not gap.is_idle


def index_of(sizes: list[int], gop: int = 50, rate: int = 25) -> PacketIndex:
    """An index of pictures of these sizes, a keyframe each `gop` pictures."""
    times = np.arange(len(sizes)) / rate
    return PacketIndex(
        times_s=times,
        keyframe=np.arange(len(sizes)) % gop == 0,
        size_bytes=np.array(sizes, np.int64),
        end_s=len(sizes) / rate,
    )


def idle_with_a_burst(seconds: int = 200, burst_at_s: int = 101, burst: int = 3000) -> list[int]:
    sizes = [30_000 if i % 50 == 0 else 130 for i in range(seconds * 25)]
    for i in range(burst_at_s * 25 + 1, burst_at_s * 25 + 13):
        sizes[i] = burst
    return sizes


def keyframes_of(index: PacketIndex) -> Keyframes:
    return Keyframes(index, Activity(index, CARD_SHARE))


def test_keyframes_are_examined_around_what_moves_and_now_and_then() -> None:
    chosen = keyframes_of(index_of(idle_with_a_burst())).coarse(Span(0.0, 200.0), 5.0)
    assert {100.0, 102.0} <= set(chosen)
    assert max(b - a for a, b in pairwise(chosen)) <= CHECK_S
    assert len(chosen) < 15


def test_where_keyframes_are_close_motion_between_two_of_the_grid_is_not_forgotten() -> None:
    sizes = [30_000 if i % 10 == 0 else 130 for i in range(5_000)]
    for i in range(2_513, 2_517):
        sizes[i] = 3_000
    assert {100.0, 102.0} <= set(keyframes_of(index_of(sizes, gop=10)).coarse(Span(0.0, 200.0), 5.0))


def test_where_sizes_say_nothing_a_keyframe_each_two_seconds_is_examined() -> None:
    filled_up = [30_000 if i % 50 == 0 else 8_000 for i in range(5_000)]
    assert len(keyframes_of(index_of(filled_up)).coarse(Span(0.0, 200.0), 5.0)) == 100
    rng = np.random.default_rng(1)
    noisy = [30_000 if i % 50 == 0 else int(rng.normal(4_000, 800)) for i in range(5_000)]
    assert len(keyframes_of(index_of(noisy)).coarse(Span(0.0, 200.0), 5.0)) == 100
    assert len(keyframes_of(index_of([30_000] * 5_000, gop=1)).coarse(Span(0.0, 200.0), 5.0)) == 101


def test_the_level_of_noise_may_drift() -> None:
    drifting = [30_000 if i % 50 == 0 else 100 + i // 100 for i in range(15_000)]
    assert len(keyframes_of(index_of(drifting)).coarse(Span(0.0, 600.0), 5.0)) < 40


@given(
    noise=st.lists(st.integers(100, 112), min_size=40, max_size=40),
    bursts=st.dictionaries(st.integers(0, 799), st.integers(10, 40), max_size=30),
    gop_s=st.sampled_from([2, 5, 14, 19, 26]),
    start_s=st.floats(350, 450),
    length_s=st.one_of(st.floats(5, 30), st.just(math.inf)),
    early=st.sets(st.integers(0, 3_999), max_size=20),
)
def test_the_choice_does_not_depend_on_the_span(
    noise: list[int], bursts: dict[int, int], gop_s: int, start_s: float, length_s: float, early: set[int]
) -> None:
    """In noise that changes every 20 s, with bursts about as large as what counts as motion, and early keyframes."""
    sizes = [5 * (noise[i // 100] + bursts.get(i // 5, 0)) for i in range(4_000)]
    sizes[:: 5 * gop_s] = [30_000] * len(sizes[:: 5 * gop_s])
    whole = index_of(sizes, gop=5 * gop_s, rate=5)
    whole.keyframe[list(early)] = True
    span = Span(start_s, start_s + length_s)
    assert keyframes_of(around(whole, span, gop_s)).coarse(span, 5.0) == keyframes_of(whole).coarse(span, 5.0)


def test_what_lies_around_the_examined_keyframes_next_to_a_span_counts_too() -> None:
    """The quiet 4 s at 304 s make the noise low enough for the burst at 365 s to count, and so for 378 s to be chosen;
    the span begins 88 s behind them."""
    second = np.arange(8_000) // 10
    sizes = np.where(((second >= 304) & (second < 308)) | ((second >= 400) & (second < 411)), 100, 112)
    sizes[3_655] += 330
    sizes[::140] = 30_000
    whole = index_of(sizes.tolist(), gop=140, rate=10)
    span = Span(391.5, 391.8)
    assert keyframes_of(whole).coarse(span, 5.0) == [364.0, 378.0, 392.0, 406.0]
    assert keyframes_of(around(whole, span, 14)).coarse(span, 5.0) == [364.0, 378.0, 392.0, 406.0]


def around(whole: PacketIndex, span: Span, gop_s: int) -> PacketIndex:
    """What the packet index holds of the span and of what lies around it."""
    first_s, last_s = span.start_s - lead_s(gop_s), span.end_s + lead_s(gop_s)
    kept = (whole.times_s >= first_s // gop_s * gop_s) & (whole.times_s <= last_s + gop_s)
    return PacketIndex(
        times_s=whole.times_s[kept], keyframe=whole.keyframe[kept], size_bytes=whole.size_bytes[kept], end_s=800
    )
