from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vtrack_ray.render.order import Order, Packing, Recording
from vtrack_ray.render.timeline import LIFT_S, SLIDE_S, picture_times, plan


@st.composite
def orders(draw: st.DrawFn) -> Order:
    event_min = draw(st.floats(2, 20))
    idle_min = draw(st.floats(4, 20))
    events = draw(st.integers(1, 6))
    return Order(
        seed=draw(st.integers(0, 2**32)),
        packing=Packing(
            events=events,
            event_s=(event_min, event_min + draw(st.floats(0, 20))),
            idle_s=(idle_min, idle_min + draw(st.floats(0, 20))),
            before_s=draw(st.floats(4, 10)),
            after_s=draw(st.floats(1.5, 10)),
            two_codes=draw(st.booleans()),
            passing_hands=draw(st.integers(0, events)),
            lifted_s=draw(st.sampled_from([0.0, 0.6])) if event_min >= 4 else 0.0,
        ),
        recording=Recording(
            videos=draw(st.integers(1, events)),
            borders=draw(st.sampled_from(["idle", "event"])),
            variable_frame_rate=draw(st.booleans()),
        ),
    )


@given(orders())
def test_a_seed_gives_the_same_timeline_again(order: Order) -> None:
    assert plan(order, 0) == plan(order, 0)


@given(orders())
def test_events_keep_their_lengths_and_lie_apart_within_the_footage(order: Order) -> None:
    timeline = plan(order, 0)
    end = 0.0
    for number, packed in enumerate(timeline.packed):
        least = order.packing.before_s if number == 0 else order.packing.idle_s[0]
        assert packed.arrives_s - end >= least - 1e-9
        assert order.packing.event_s[0] - 1e-9 <= packed.leaves_s - packed.arrives_s <= order.packing.event_s[1] + 1e-9
        end = packed.leaves_s
    assert end + order.packing.after_s <= timeline.takes[-1].end_s + 1e-9


@given(orders())
def test_labels_show_within_their_event_and_codes_differ(order: Order) -> None:
    timeline = plan(order, 0)
    codes = [label.code for packed in timeline.packed for label in packed.labels]
    assert len(set(codes)) == len(codes)
    for packed in timeline.packed:
        for label in packed.labels:
            assert packed.arrives_s + SLIDE_S < label.shown_s < label.hidden_s <= packed.gone_s


@given(orders(), st.floats(6, 20))
def test_hands_come_and_go_over_a_label_within_its_time_and_change_nothing_else(order: Order, event_s: float) -> None:
    packing = replace(order.packing, event_s=(event_s, event_s))
    free = plan(replace(order, packing=packing), 0)
    stroked = plan(replace(order, packing=replace(packing, hands_over_label=True)), 0)
    for packed, without in zip(stroked.packed, free.packed, strict=True):
        assert replace(packed, strokes=()) == without
        assert packed.strokes[0].from_s == packed.labels[0].shown_s
        assert packed.strokes[-1].until_s + LIFT_S <= packed.leaves_s
        assert all(0.5 <= stroke.until_s - stroke.from_s <= 1.5 for stroke in packed.strokes)
        assert all(after.from_s - before.until_s > 2 * LIFT_S for before, after in pairwise(packed.strokes))


@given(orders())
def test_a_file_starts_on_a_whole_second_within_a_second_of_the_last_ones_end(order: Order) -> None:
    takes = plan(order, 0).takes
    assert len(takes) == order.recording.videos
    for before, after in pairwise(takes):
        assert after.start_s == int(after.start_s)
        assert 0 < after.start_s - before.end_s < 1
    for take in takes:
        times = picture_times(order, 0, take)
        assert times[0] == 0
        assert all(a < b for a, b in pairwise(times))
        assert times[-1] <= take.end_s - take.start_s


@given(orders())
def test_borders_lie_where_they_were_asked_for(order: Order) -> None:
    timeline = plan(order, 0)
    for take in timeline.takes[1:]:
        inside = any(packed.arrives_s < take.start_s < packed.leaves_s for packed in timeline.packed)
        assert inside == (order.recording.borders == "event")
