"""Reasons: what a person is told of a video."""

from __future__ import annotations

from dataclasses import replace

from tests.events.scenes import WITH_TRIGGER, WITHOUT_TRIGGER, filmed, triggered, video
from vtrack_ray.meaning.sampling_log import Jump
from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.pipeline.reasons import unreadable, unseen_card


def test_each_jump_of_the_timestamps_is_told_once_whatever_the_notes_say() -> None:
    take = filmed(video(duration_s=60), triggered([(10, 20)]))
    [log] = take.logs
    on, left_out = Jump(12.34, is_counted_on=True), Jump(50.0, is_counted_on=False)
    logs = [replace(log, jumps=(on, left_out), notes=("a jump back of no interest",)), replace(log, jumps=(left_out,))]
    assert unreadable(take.video, logs) == (
        "timestamps jump back at 12.3 s; times are counted on from there; "
        "timestamps jump back at 50.0 s; pictures whose time has been already are left out"
    )
    assert unreadable(take.video, [replace(log, notes=("a jump back of no interest",))]) is None


def test_of_what_could_not_be_read_the_longest_tells_why() -> None:
    take = filmed(video(duration_s=60), triggered([(10, 20)]))
    [log] = take.logs
    lost = [
        Stretch(span=Span(start_s, end_s), coverage=Coverage.UNREADABLE, reason=reason)
        for start_s, end_s, reason in ((9.8, 10.0, "damaged data"), (10.5, 12.5, "pictures of another size"))
    ]
    assert unreadable(take.video, [replace(log, coverage=tuple(lost))]) == (
        "2.2 s could not be read (9.8 to 10.0 s, 10.5 to 12.5 s): pictures of another size"
    )


def test_a_long_video_in_which_the_card_is_never_seen_is_told() -> None:
    covered = filmed(video(duration_s=150), triggered([(-1, 999)]))
    said = unseen_card(covered.video, covered.logs, WITH_TRIGGER)
    assert said is not None
    assert "'TimeGo' is seen nowhere" in said
    assert unseen_card(covered.video, covered.logs, WITHOUT_TRIGGER) is None


def test_a_short_video_may_show_one_packing_and_nothing_else() -> None:
    short = filmed(video(duration_s=60), triggered([(-1, 999)]))
    assert unseen_card(short.video, short.logs, WITH_TRIGGER) is None
    seen = filmed(video(duration_s=150), triggered([(10, 999)]))
    assert unseen_card(seen.video, seen.logs, WITH_TRIGGER) is None
