from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.ledger.examples import (
    DIGEST,
    MINUTE,
    NOON,
    asked_for,
    claim_next,
    claimed,
    conclusion,
    event,
    found,
    header,
    log,
    probed,
    refolded,
)
from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Backlog, CardFound, Filterable, Skipped, VideoFilter
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.filters import Refusal
from vtrack_ray.meaning.video import Video, VideoStatus


def test_a_found_file_is_pending_and_comes_back_as_it_was_found(ledger: Ledger) -> None:
    file = found("caf\udce9 số 1\n.mp4", camera_name="bàn \udcff")
    registered = ledger.register([file], NOON)
    assert registered.new == (file.video_id,)
    (row,) = ledger.videos()
    assert (row.file, row.video_id, row.status, row.added_at) == (file, file.video_id, VideoStatus.PENDING, NOON)
    assert row.header is None
    assert ledger.unprobed() == [file]
    assert ledger.sources() == ["/rec"]


def test_a_known_file_stays_untouched(ledger: Ledger) -> None:
    claim = claimed(ledger)
    before = ledger.videos()
    registered = ledger.register([claim.video.file, found("b.mp4")], NOON + MINUTE)
    assert registered.known == (claim.video.video_id,)
    assert registered.new == (found("b.mp4").video_id,)
    assert ledger.videos(VideoFilter(video_ids=registered.known)) == before


def test_a_known_file_is_known_whichever_folder_was_asked_for(ledger: Ledger) -> None:
    ledger.register([found()], NOON)
    inner = replace(found(), source="/rec/cam1")
    assert ledger.register([inner], NOON).known == (found().video_id,)
    changed = replace(inner, modified_ns=2)
    assert ledger.register([changed], NOON).changed == (changed.video_id,)
    assert [row.file for row in ledger.videos()] == [changed]


def test_the_newest_video_tells_the_size_of_a_cameras_pictures(ledger: Ledger) -> None:
    former, newest, unreadable = (found(f"{name}.mp4") for name in "ban")
    ledger.register([former, newest, unreadable, found("unprobed.mp4"), found(camera_name="cam2")], NOON)
    assert ledger.picture_size("cam1") is None
    ledger.set_header(newest.video_id, replace(header(1), width_px=2560, height_px=1440))
    ledger.set_header(former.video_id, header(0))
    ledger.set_header(unreadable.video_id, replace(header(2), width_px=0, height_px=0))
    assert ledger.picture_size("cam1") == (2560, 1440)
    assert ledger.picture_size("cam2") is None


def test_one_path_holds_one_video(ledger: Ledger) -> None:
    registered = ledger.register([found(modified_ns=1), found(modified_ns=2), found(modified_ns=2)], NOON)
    assert registered.new == (found(modified_ns=2).video_id,)


def test_a_changed_file_takes_the_place_of_the_old_video(ledger: Ledger) -> None:
    first, second = probed(ledger, "a.mp4", "b.mp4")
    ids = (first.video_id, second.video_id)
    both, own = event(0.9, *ids), event(1.5, second.video_id)
    for video_id in ids:
        claim = ledger.claim_video(video_id, NOON)
        assert claim
        ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id))
        ledger.conclude(video_id, claim.attempt, conclusion(), refolded(both, own, video_ids=ids))
    changed = found("a.mp4", modified_ns=2)

    registered = ledger.register([changed, second], NOON)

    assert (registered.changed, registered.known) == ((changed.video_id,), (second.video_id,))
    assert registered.removed == (Video(file=first, header=header(0)),)
    assert ledger.video(first.video_id) is None
    assert ledger.events() == [own]
    assert ledger.logs(ids) == {first.video_id: [], second.video_id: [log(second.video_id)]}


def test_a_removed_video_is_given_until_its_time_was_folded_again(ledger: Ledger) -> None:
    probed(ledger, "a.mp4")
    changed = found("a.mp4", modified_ns=2)
    assert len(ledger.register([changed], NOON).removed) == 1
    ledger.replace_events(refolded(after=0.5, until=5))
    assert len(ledger.register([changed], NOON).removed) == 1
    ledger.replace_events(refolded(after=-1, until=5))
    assert ledger.register([changed], NOON).removed == ()


def test_an_answer_about_a_changed_file_is_refused(ledger: Ledger) -> None:
    claim = claimed(ledger)
    ledger.register([found("a.mp4", modified_ns=2)], NOON)
    with pytest.raises(StaleAttempt, match="no longer known"):
        ledger.log_span(claim.video.video_id, claim.attempt, DIGEST, log(claim.video.video_id))
    with pytest.raises(StaleAttempt, match="no longer known"):
        ledger.set_header(claim.video.video_id, header())


def test_a_header_comes_back_as_it_was_probed(ledger: Ledger) -> None:
    file = found()
    ledger.register([file, found("b.mp4")], NOON)
    told = replace(header(), started_at=NOON + timedelta(microseconds=1), duration_s=0.1 + 0.2)
    ledger.set_header(file.video_id, told)
    row = ledger.video(file.video_id)
    assert row
    assert row.video == Video(file=file, header=told)
    assert ledger.unprobed() == [found("b.mp4")]
    assert ledger.unprobed([file.video_id]) == []


def test_a_naive_time_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        ledger.register([found()], datetime(2026, 11, 1))  # noqa: DTZ001
    assert ledger.videos() == []


def test_a_failure_needs_the_right_attempt(ledger: Ledger) -> None:
    claim = claimed(ledger)
    for attempt in (None, claim.attempt + 1):
        with pytest.raises(StaleAttempt):
            ledger.fail(claim.video.video_id, attempt, VideoStatus.FAILED, "broken", NOON)
    ledger.fail(claim.video.video_id, claim.attempt, VideoStatus.TIMEOUT, "too slow", NOON)
    row = ledger.video(claim.video.video_id)
    assert row
    assert (row.status, row.reason, row.finished_at) == (VideoStatus.TIMEOUT, "too slow", NOON)


def test_a_video_fails_in_no_other_status(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="done"):
        ledger.fail("v", None, VideoStatus.DONE, "?", NOON)


def test_a_concluded_video_is_not_skipped_afterwards(ledger: Ledger) -> None:
    claim = claimed(ledger)
    ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded())
    with pytest.raises(StaleAttempt):
        ledger.fail(claim.video.video_id, None, VideoStatus.SKIPPED, "outside working hours", NOON)


def test_reopening_drops_logs_and_keeps_events(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id))
    ledger.conclude(video_id, claim.attempt, conclusion(), refolded(event(0.1, video_id)))
    assert ledger.reopen([video_id], "asked for", statuses=[VideoStatus.FAILED]) == []
    assert ledger.reopen([video_id, "unknown"], "asked for") == [video_id]
    row = ledger.video(video_id)
    assert row
    assert (row.status, row.reason, row.examined_s, row.pictures) == (VideoStatus.PENDING, "asked for", 0.0, 0)
    assert ledger.logs([video_id]) == {video_id: []}
    assert len(ledger.events()) == 1


def test_a_failed_video_tried_again_may_keep_what_was_sampled(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id, 0, 30))
    ledger.fail(video_id, claim.attempt, VideoStatus.FAILED, "its sampler died", NOON)
    failed = ledger.video(video_id)
    assert failed
    assert ledger.reopen([video_id], statuses=[VideoStatus.FAILED], keep_logs=True) == [video_id]
    reopened = replace(failed, status=VideoStatus.PENDING, reason=None, finished_at=None)
    assert ledger.video(video_id) == reopened
    assert (reopened.profile_digest, reopened.examined_s, reopened.pictures) == (DIGEST, 15.0, 2)
    assert ledger.logs([video_id]) == {video_id: [log(video_id, 0, 30)]}


def test_another_profile_reopens_what_was_concluded_with_the_old_one(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.conclude(video_id, claim.attempt, conclusion(), refolded())
    assert ledger.reopen_stale_profile("cam1", DIGEST, [video_id]) == []
    assert ledger.reopen_stale_profile("cam2", "other", [video_id]) == []
    assert ledger.reopen_stale_profile("cam1", "other", [video_id]) == [video_id]
    assert ledger.counts()[VideoStatus.PENDING] == 1


def test_another_profile_reopens_no_video_that_was_not_named(ledger: Ledger) -> None:
    a, b = claimed(ledger, "a.mp4"), claimed(ledger, "b.mp4")
    for claim in (a, b):
        ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded())
    assert ledger.reopen_stale_profile("cam1", "other", []) == []
    assert ledger.reopen_stale_profile("cam1", "other", [b.video.video_id, "unknown"]) == [b.video.video_id]
    row = ledger.video(a.video.video_id)
    assert row
    assert row.status.is_final


def test_neighbours_are_concluded_videos_that_touch_the_time(ledger: Ledger) -> None:
    files = probed(ledger, "a.mp4", "b.mp4", "c.mp4", "d.mp4")
    for file in files[:3]:
        claim = ledger.claim_video(file.video_id, NOON)
        assert claim
        ledger.conclude(file.video_id, claim.attempt, conclusion(), refolded())
    near = ledger.neighbours("cam1", NOON + MINUTE, NOON + 1.5 * MINUTE)
    assert [video.file for video in near] == files[:2]  # the first one ends where the time begins
    assert ledger.neighbours("cam2", NOON, NOON + MINUTE) == []
    assert [video.file for video in ledger.neighbours("cam1", NOON, NOON + 9 * MINUTE)] == files[:3]
    stretches = [("cam2", NOON, NOON + MINUTE), ("cam1", NOON + MINUTE, NOON + 1.5 * MINUTE), ("cam1", NOON, NOON)]
    assert ledger.neighbours_in(stretches) == [ledger.neighbours(*stretch) for stretch in stretches]


def test_videos_are_filtered_by_every_field(ledger: Ledger) -> None:
    a, b = probed(ledger, "a.mp4", "b.mp4")
    (c,) = probed(ledger, "c.mp4", camera_name="cam2")
    ledger.fail(b.video_id, None, VideoStatus.SKIPPED, "not asked for", NOON)

    def ids(video_filter: VideoFilter) -> list[str]:
        return [row.video_id for row in ledger.videos(video_filter)]

    assert ids(VideoFilter()) == [a.video_id, b.video_id, c.video_id]
    assert ids(VideoFilter(video_ids=())) == []
    assert ids(VideoFilter(cameras=("cam2",))) == [c.video_id]
    assert ids(VideoFilter(sources=("/other",))) == []
    assert ids(VideoFilter(statuses=(VideoStatus.SKIPPED,))) == [b.video_id]
    assert ids(VideoFilter(since=NOON + 1.5 * MINUTE)) == [b.video_id]
    assert ids(VideoFilter(until=NOON + MINUTE)) == [a.video_id, c.video_id]


def test_surveyed_videos_are_not_surveyed_again(ledger: Ledger) -> None:
    a, b, c, d = probed(ledger, "a.mp4", "b.mp4", "c.mp4", "d.mp4")
    ledger.mark_surveyed(a.video_id)
    ledger.fail(b.video_id, None, VideoStatus.FAILED, "broken", NOON)
    first, second = ledger.unsurveyed("cam1")
    assert (first.file, second.file) == (c, d)
    assert ledger.unsurveyed("cam1", limit=1) == [first]
    assert ledger.unsurveyed("cam1", after=first, limit=1) == [second]
    assert ledger.unsurveyed("cam1", after=second) == []
    ledger.learn_card("cam1", CardFound(area=Area(10, 10, 50, 50), at=NOON, video_id=d.video_id))
    assert [video.file for video in ledger.unsurveyed("cam1")] == [c]


def test_progress_sums_what_is_known(ledger: Ledger) -> None:
    claim = claimed(ledger)
    ledger.register([found("b.mp4")], NOON)
    ledger.log_span(claim.video.video_id, claim.attempt, DIGEST, log(claim.video.video_id))
    progress = ledger.progress()
    assert progress.videos[VideoStatus.SAMPLING] == progress.videos[VideoStatus.PENDING] == 1
    assert progress.duration_s[VideoStatus.SAMPLING] == 60.0
    assert (progress.examined_s, progress.idle_s, progress.unreadable_s, progress.pictures) == (30.0, 30.0, 0.0, 2)
    assert progress.seconds == {"index": 0.25, "coarse": 1.5, "refine": 0.0, "second_look": 0.0}
    assert sum(ledger.progress([found("b.mp4").video_id]).videos.values()) == 1


def skipped(video_id: str, name: str = "days") -> Skipped:
    return Skipped(video_id, name, f"caf\udce9: {name}")


def test_filters_judge_what_waits_or_is_skipped_and_no_program_asks_for(ledger: Ledger) -> None:
    a, b, c, d, e = probed(ledger, "a.mp4", "b.mp4", "c.mp4", "d.mp4", "e.mp4")
    ledger.register([found("unprobed.mp4")], NOON)
    ledger.claim_video(b.video_id, NOON)
    asked_for(ledger, c.video_id)
    ledger.fail(d.video_id, None, VideoStatus.FAILED, "broken", NOON)
    ledger.apply_filters([skipped(e.video_id)], [], NOON)
    by_id = {one.video_id: one for one in ledger.filterable()}
    assert by_id == {
        a.video_id: Filterable(a.video_id, "cam1", NOON, NOON, "pending", None),
        e.video_id: Filterable(
            e.video_id, "cam1", NOON + 4 * MINUTE, NOON, "skipped", Refusal("days", "caf\udce9: days")
        ),
    }
    assert ledger.filterable(are_skipped=True) == [by_id[e.video_id]]


def test_what_filters_judge_is_given_by_id_in_pages(ledger: Ledger) -> None:
    ids = sorted(file.video_id for file in probed(ledger, "a.mp4", "b.mp4", "c.mp4"))
    assert [one.video_id for one in ledger.filterable(limit=2)] == ids[:2]
    assert [one.video_id for one in ledger.filterable(after_id=ids[1], limit=2)] == ids[2:]
    assert [one.video_id for one in ledger.filterable([ids[2], ids[0], "unknown"])] == [ids[0], ids[2]]
    assert ledger.filterable([]) == []


def test_whether_any_video_is_unfinished(ledger: Ledger) -> None:
    assert not ledger.has_unfinished()
    claim = claimed(ledger)
    assert ledger.has_unfinished()
    ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded())
    assert not ledger.has_unfinished()
    ledger.register([found("unprobed.mp4")], NOON)
    assert ledger.has_unfinished()


def test_skipped_videos_say_by_which_filter_and_are_not_claimed(ledger: Ledger) -> None:
    a, b = probed(ledger, "a.mp4", "b.mp4")
    ledger.apply_filters([skipped(a.video_id)], [], NOON + MINUTE)
    row = ledger.video(a.video_id)
    assert row
    assert (row.status, row.skipped_by, row.reason) == (VideoStatus.SKIPPED, "days", "caf\udce9: days")
    assert row.finished_at == NOON + MINUTE
    assert [video.file for video in ledger.pending()] == [b]
    ledger.apply_filters([skipped(a.video_id, "cameras")], [], NOON)
    row = ledger.video(a.video_id)
    assert row
    assert row.skipped_by == "cameras"


def test_what_is_being_sampled_or_was_concluded_is_not_skipped(ledger: Ledger) -> None:
    a, b = claimed(ledger, "a.mp4"), claimed(ledger, "b.mp4")
    ledger.conclude(b.video.video_id, b.attempt, conclusion(), refolded())
    before = ledger.videos()
    ledger.apply_filters([skipped(a.video.video_id), skipped(b.video.video_id), skipped("unknown")], [], NOON)
    assert ledger.videos() == before


def test_a_skipped_video_that_is_taken_up_is_as_it_was_with_what_was_sampled_of_it(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id, 0, 30))
    ledger.release_claims()
    before = ledger.video(video_id)
    ledger.apply_filters([skipped(video_id)], [], NOON)
    assert ledger.video(video_id) != before
    ledger.apply_filters([], [video_id], NOON)
    assert ledger.video(video_id) == before
    assert ledger.logs([video_id]) == {video_id: [log(video_id, 0, 30)]}


def test_nothing_to_filter_changes_nothing(ledger: Ledger) -> None:
    probed(ledger, "a.mp4")
    before = ledger.videos()
    ledger.apply_filters([], [], NOON)
    assert ledger.videos() == before


def test_a_header_is_read_first_for_programs(ledger: Ledger) -> None:
    files = [found("a.mp4"), found("b.mp4"), found("c.mp4", camera_name="cam0")]
    ledger.register(files, NOON)
    a, b, c = files
    assert ledger.unprobed() == [c, a, b]
    asked_for(ledger, b.video_id)
    assert ledger.unprobed() == [b, c, a]
    assert ledger.unprobed(limit=2) == [b, c]
    assert ledger.unprobed(of_programs=True) == [b]
    assert ledger.unprobed(of_programs=False) == [c, a]


def test_cameras_wait_as_long_as_probed_videos_of_them_do(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", "b.mp4", camera_name="cam2")
    probed(ledger, "a.mp4", camera_name="cam1")
    ledger.register([found(camera_name="cam3")], NOON)
    assert ledger.cameras_waiting(NOON, of_programs=False) == ["cam1", "cam2"]
    claim_next(ledger, 9, NOON, ["cam1"])
    assert ledger.cameras_waiting(NOON, of_programs=False) == ["cam2"]
    asked_for(ledger, found("b.mp4", camera_name="cam2").video_id)
    assert ledger.cameras_waiting(NOON, of_programs=True) == ledger.cameras_waiting(NOON, of_programs=False) == ["cam2"]


def test_the_backlog_is_what_is_left_and_what_was_done_by_camera(ledger: Ledger) -> None:
    a, b, _, d = probed(ledger, "a.mp4", "b.mp4", "c.mp4", "d.mp4")
    ledger.register([found("unprobed.mp4")], NOON)
    probed(ledger, "x.mp4", camera_name="cam0")
    for file in (a, b):
        claim = ledger.claim_video(file.video_id, NOON)
        assert claim
        ledger.log_span(file.video_id, claim.attempt, DIGEST, log(file.video_id))
        if file is a:
            ledger.conclude(file.video_id, claim.attempt, conclusion(), refolded())
    ledger.fail(d.video_id, None, VideoStatus.FAILED, "broken", NOON)
    new, known = ledger.backlog()
    assert new == Backlog(camera_name="cam0", videos=1, unprobed=0, footage_s=60.0, cost=None)
    assert known == Backlog(camera_name="cam1", videos=3, unprobed=1, footage_s=120.0, cost=known.cost)
    assert known.cost == pytest.approx((0.25 + 1.5) / 60)


def test_there_is_no_backlog_of_nothing(ledger: Ledger) -> None:
    assert ledger.backlog() == []
