from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.scenes import START, WITH_TRIGGER, WITHOUT_TRIGGER, filmed, handled, triggered, video
from vtrack_ray import instants
from vtrack_ray.events.chain import Take
from vtrack_ray.events.fold import fold, spans_without_code
from vtrack_ray.events.packing import by_trigger
from vtrack_ray.meaning.event import EventStatus
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.span import Coverage, Span, Stretch


def test_an_event_lasts_from_the_covered_to_the_uncovered_card() -> None:
    [event] = fold([filmed(video(), triggered([(10, 30)], [("CODE0001", 20, 25)]))], WITH_TRIGGER)
    assert (event.start_s, event.end_s, event.status) == (10, 30, EventStatus.COMPLETE)
    assert event.tracking_codes == ("CODE0001",)
    assert (event.sights[0].time_s, event.sights[-1].time_s) == (20, 25)


def test_a_hand_passing_over_the_card_is_no_transition() -> None:
    assert fold([filmed(video(), triggered([(10, 10.8)]))], WITH_TRIGGER) == []


def test_the_card_flashing_up_does_not_split_an_event() -> None:
    [event] = fold([filmed(video(), triggered([(10, 20), (20.8, 30)], [("CODE0001", 22, 25)]))], WITH_TRIGGER)
    assert (event.start_s, event.end_s) == (10, 30)


def test_a_hand_that_passes_shortly_before_or_after_a_packing_changes_neither_start_nor_end() -> None:
    packed = [(8.6, 9.2), (10, 20), (20.8, 21.4)]
    [event] = fold([filmed(video(), triggered(packed, [("CODE0001", 12, 15)]))], WITH_TRIGGER)
    assert (event.start_s, event.end_s) == (10, 20)


def test_a_parcel_lifted_shortly_after_it_came_or_before_it_goes_changes_neither_start_nor_end() -> None:
    packed = [(10, 10.8), (11.2, 18.8), (19.4, 20)]
    [event] = fold([filmed(video(), triggered(packed, [("CODE0001", 12, 15)]))], WITH_TRIGGER)
    assert (event.start_s, event.end_s) == (10, 20)


def test_a_misread_changes_neither_start_nor_end() -> None:
    packed = [(10, 10.6), (10.8, 19.2), (19.4, 20)]
    [event] = fold([filmed(video(), triggered(packed, [("CODE0001", 12, 15)]))], WITH_TRIGGER)
    assert (event.start_s, event.end_s) == (10, 20)
    [event] = fold([filmed(video(), triggered([(10, 20), (20.6, 20.8)], [("CODE0001", 12, 15)]))], WITH_TRIGGER)
    assert (event.start_s, event.end_s) == (10, 20)


def test_misreads_one_after_the_other_are_part_of_what_lasts_longest() -> None:
    packed = [(10, 15), (15.2, 15.4), (15.6, 15.8), (16, 30), (30.4, 30.6)]
    [event] = fold([filmed(video(), triggered(packed, [("CODE0001", 12, 15)]))], WITH_TRIGGER)
    assert (event.start_s, event.end_s) == (10, 30)


def test_a_rest_begins_where_the_card_is_seen_for_long_enough_by_itself() -> None:
    """What is made of several moments may come out otherwise where some of them are read alone."""
    packed = [(10, 20), (20.8, 21.2), (21.8, 30), (30.4, 30.6)]
    reading = by_trigger(filmed(video(), triggered(packed)).moments)
    assert [(seconds(run.start_us), seconds(run.end_us)) for run in reading.packings] == [(10, 20), (21.8, 30)]
    assert [seconds(rest.start_us) for rest in reading.rests] == [0, 30.6]


def seconds(at_us: int) -> float:
    return (at_us - instants.to_us(START)) / 1e6


def test_a_second_between_two_packings_splits_them() -> None:
    codes = [("CODE0001", 15, 16), ("CODE0002", 25, 26)]
    events = fold([filmed(video(), triggered([(10, 20), (21.2, 30)], codes))], WITH_TRIGGER)
    assert [event.tracking_codes for event in events] == [("CODE0001",), ("CODE0002",)]


def test_an_event_carries_every_code_in_the_order_of_first_sight() -> None:
    codes = [("CODE0002", 22, 28), ("CODE0001", 24, 25)]
    [event] = fold([filmed(video(), triggered([(10, 30)], codes))], WITH_TRIGGER)
    assert event.tracking_codes == ("CODE0002", "CODE0001")


def test_a_short_stretch_without_a_code_is_noise_and_with_one_an_event() -> None:
    assert fold([filmed(video(), triggered([(10, 13)]))], WITH_TRIGGER) == []
    [event] = fold([filmed(video(), triggered([(10, 13)], [("CODE0001", 11, 12)]))], WITH_TRIGGER)
    assert event.status is EventStatus.COMPLETE


def test_a_short_stretch_that_is_cut_off_is_no_noise() -> None:
    for packed in ((-1, 3), (57, 99)):
        [event] = fold([filmed(video(), triggered([packed]))], WITH_TRIGGER)
        assert event.status is EventStatus.INCOMPLETE


@pytest.mark.parametrize(
    ("packed", "codes", "status"),
    [
        ((10, 30), [], EventStatus.NO_CODE),
        ((10, 150), [("CODE0001", 20, 21)], EventStatus.OVERLONG),
        ((10, 150), [], EventStatus.OVERLONG),
        ((-1, 30), [("CODE0001", 20, 21)], EventStatus.INCOMPLETE),
        ((140, 999), [("CODE0001", 150, 151)], EventStatus.INCOMPLETE),
    ],
)
def test_status(packed: tuple[float, float], codes: list[tuple[str, float, float]], status: EventStatus) -> None:
    [event] = fold([filmed(video(duration_s=160), triggered([packed], codes))], WITH_TRIGGER)
    assert event.status is status


def test_an_event_goes_on_in_the_next_video() -> None:
    look = [([(50, 75)], [("CODE0001", 70, 72)])]
    first, second = video("a.mp4"), video("b.mp4", start_s=62)
    takes = [filmed(v, triggered(*look[0], offset_s=o)) for v, o in ((first, 0.0), (second, 62.0))]
    [event] = fold(takes, WITH_TRIGGER)
    assert event.video_ids == (first.video_id, second.video_id)
    assert (event.start_s, event.end_s, event.status) == (50, 75, EventStatus.COMPLETE)
    assert event.sights[0].time_s == 8


def test_beyond_the_continuation_gap_an_event_is_incomplete_on_both_sides() -> None:
    packed, codes = [(50.0, 85.0)], [("CODE0001", 51.0, 53.0), ("CODE0001", 80.0, 82.0)]
    takes = [
        filmed(video("a.mp4"), triggered(packed, codes)),
        filmed(video("b.mp4", start_s=71), triggered(packed, codes, offset_s=71)),
    ]
    assert [event.status for event in fold(takes, WITH_TRIGGER)] == [EventStatus.INCOMPLETE] * 2


def test_a_copy_of_a_video_adds_nothing() -> None:
    look = triggered([(10, 30)], [("CODE0001", 20, 25)])
    original = filmed(video("a.mp4"), look)
    copy = filmed(video("copy of a.mp4"), look)
    assert fold([copy, original], WITH_TRIGGER) == fold([original], WITH_TRIGGER)


@pytest.mark.parametrize("name", ["b copy.mp4", "0.mp4"])
def test_a_copy_of_the_later_of_two_videos_adds_nothing(name: str) -> None:
    packed, codes = [(50, 70), (110, 125), (130, 140)], [("CODE0001", 65, 66), ("CODE0002", 122, 123)]

    def of(name: str, start_s: float) -> Take:
        return filmed(video(name, start_s=start_s), triggered(packed, codes, offset_s=start_s))

    a, b, c = of("a.mp4", 0), of("b.mp4", 60), of("c.mp4", 120)
    for takes in ([a, b], [a, b, c]):
        one, other = fold(takes, WITH_TRIGGER), fold([*takes, of(name, 60)], WITH_TRIGGER)
        assert [(event.event_id, event.end_s, event.status, event.tracking_codes) for event in one] == [
            (event.event_id, event.end_s, event.status, event.tracking_codes) for event in other
        ]


@pytest.mark.parametrize(("first", "second"), [("a.mp4", "b.mp4"), ("b.mp4", "a.mp4")])
def test_of_copies_that_differ_what_shows_most_stands(first: str, second: str) -> None:
    packed, codes = [(20, 40)], [("CODE0001", 22, 25)]
    whole, cut_off = video(first), video(second, duration_s=30)
    [event] = fold([filmed(whole, triggered(packed, codes)), filmed(cut_off, triggered(packed, codes))], WITH_TRIGGER)
    assert (event.end_s, event.status, event.video_ids) == (40, EventStatus.COMPLETE, (whole.video_id,))
    [event] = fold([filmed(whole, triggered(packed)), filmed(cut_off, triggered(packed, codes))], WITH_TRIGGER)
    assert (event.end_s, event.status, event.tracking_codes) == (40, EventStatus.COMPLETE, ("CODE0001",))
    unread = video(second)
    [event] = fold([filmed(whole, triggered(packed, codes)), filmed(unread, triggered(packed))], WITH_TRIGGER)
    assert (event.end_s, event.status, event.video_ids) == (40, EventStatus.COMPLETE, (whole.video_id,))


def test_without_a_trigger_an_event_lasts_from_the_first_hand_to_the_last_sight() -> None:
    look = handled([(10, 20), (30, 40)], [("CODE0001", 15, 22), ("CODE0002", 35, 41)])
    first, second = fold([filmed(video(), look)], WITHOUT_TRIGGER)
    assert (first.start_s, first.end_s, first.tracking_codes) == (10, 22, ("CODE0001",))
    assert (second.start_s, second.end_s, second.tracking_codes) == (30, 41, ("CODE0002",))


def test_without_a_hand_an_event_starts_min_packing_time_before_its_end() -> None:
    [event] = fold([filmed(video(), handled([], [("CODE0001", 20, 22)]))], WITHOUT_TRIGGER)
    assert (event.start_s, event.end_s) == (17, 22)


def test_without_a_label_hands_alone_are_no_event() -> None:
    assert fold([filmed(video(), handled([(10, 50)], []))], WITHOUT_TRIGGER) == []


def test_sights_of_one_code_closer_than_min_packing_time_are_one_event() -> None:
    [event] = fold(
        [filmed(video(), handled([(10, 25)], [("CODE0001", 15, 16), ("CODE0001", 20, 21)]))], WITHOUT_TRIGGER
    )
    assert (event.start_s, event.end_s) == (10, 21)


def test_a_label_still_shown_at_the_end_leaves_the_event_incomplete() -> None:
    [event] = fold([filmed(video(), handled([(40, 60)], [("CODE0001", 50, 60)]))], WITHOUT_TRIGGER)
    assert event.status is EventStatus.INCOMPLETE


def test_a_second_look_is_due_where_a_packing_shows_no_code() -> None:
    codes = [("CODE0001", 45, 46)]
    take = filmed(video(), triggered([(-1, 2), (10, 12), (20, 30), (40, 50), (58, 99)], codes))
    assert spans_without_code(take, WITH_TRIGGER) == [Span(0, 2), Span(20, 30), Span(58, 59.8)]
    assert spans_without_code(filmed(video(), handled([(1, 9)], [])), WITHOUT_TRIGGER) == []


stretches = st.lists(st.integers(0, 899), min_size=2, max_size=16, unique=True).map(
    lambda ticks: [(low / 5, high / 5) for low, high in zip(*[iter(sorted(ticks))] * 2, strict=False)]
)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Take], list[Take]]:
    """180 s of one table, as three videos in time order, and again shuffled, cut in pieces, with repeats."""
    packed = draw(stretches)
    codes = [(draw(st.sampled_from(["CODE0001", "CODE0002"])), low, high) for low, high in draw(stretches)]
    with_trigger = draw(st.booleans())
    plain, pieces = [], []
    for name, start_s in (("a.mp4", 0.0), ("b.mp4", 61.0), ("c.mp4", 119.0)):
        of = video(name, start_s=start_s)
        look = triggered(packed, codes, offset_s=start_s) if with_trigger else handled(packed, codes)
        plain.append(filmed(of, look))
        cut = filmed(of, look, draw(st.lists(st.floats(0, 60), max_size=4)))
        logs = draw(st.permutations(cut.logs))
        pieces.append(Take(video=of, logs=(*logs, *draw(st.lists(st.sampled_from(cut.logs), max_size=2)))))
    return plain, draw(st.permutations(pieces))


@given(recordings())
def test_order_pieces_and_repeats_change_nothing(recording: tuple[list[Take], list[Take]]) -> None:
    plain, shuffled = recording
    for profile in (WITH_TRIGGER, WITHOUT_TRIGGER):
        assert fold(shuffled, profile) == fold(plain, profile)


@given(recordings())
def test_events_by_trigger_are_in_order_and_apart(recording: tuple[list[Take], list[Take]]) -> None:
    events = fold(recording[0], WITH_TRIGGER)
    for event in events:
        assert event.started_at < event.ended_at
        assert all(event.started_at <= sight.at <= event.ended_at for sight in event.sights)
        is_cut_off = event.status is EventStatus.INCOMPLETE
        assert event.sights or is_cut_off or event.duration_s >= WITH_TRIGGER.min_packing_s
    for one, after in pairwise(events):
        assert one.ended_at < after.started_at


def test_recordings_at_the_same_time_that_are_no_copies_lose_nothing() -> None:
    one = filmed(video("a.mp4"), triggered([(10, 30)], [("CODE0001", 20, 25)]))
    other = filmed(video("b.mp4", start_s=0.4), triggered([(20, 40)], [("CODE0002", 30, 35)]))
    assert [event.tracking_codes for event in fold([one, other], WITH_TRIGGER)] == [("CODE0001",), ("CODE0002",)]


def test_an_event_does_not_cross_what_could_not_be_read_for_longer_than_the_gap() -> None:
    take = filmed(video(), triggered([(10, 50)], [("CODE0001", 12, 14), ("CODE0002", 46, 48)]))
    samples = Samples(s for s in take.logs[0].samples if not 20 <= s.time_s < 40)
    lost = Stretch(span=Span(20, 40), coverage=Coverage.UNREADABLE, reason="lost")
    log = replace(take.logs[0], samples=samples, coverage=(lost,))
    events = fold([replace(take, logs=(log,))], WITH_TRIGGER)
    assert [(event.start_s, event.end_s, event.status) for event in events] == [
        (10, 19.8, EventStatus.INCOMPLETE),
        (40, 50, EventStatus.INCOMPLETE),
    ]


def test_without_a_hand_an_event_does_not_begin_within_the_one_before() -> None:
    look = handled([], [("CODE0001", 20, 22), ("CODE0002", 24, 24.4)])
    first, second = fold([filmed(video(), look)], WITHOUT_TRIGGER)
    assert second.started_at > first.ended_at
    assert second.tracking_codes == ("CODE0002",)
