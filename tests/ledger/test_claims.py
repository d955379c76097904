from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from vtrack_ray.ledger.values import Claim
from vtrack_ray.meaning.video import VideoStatus


def names(claims: list[str]) -> str:
    return " ".join(claim.removeprefix("/rec/").removesuffix(".mp4") for claim in claims)


def test_cameras_take_turns_and_each_goes_in_time_order(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", "b.mp4", "c.mp4", "d.mp4", camera_name="cam1")
    probed(ledger, "x.mp4", "y.mp4", camera_name="cam2")
    ledger.register([found("unprobed.mp4")], NOON)
    claims = claim_next(ledger, 5, NOON)
    assert names([claim.video.path for claim in claims]) == "cam1/a cam2/x cam1/b cam2/y cam1/c"
    assert {claim.attempt for claim in claims} == {1}
    assert [claim.video.path for claim in claim_next(ledger, 5, NOON)] == ["/rec/cam1/d.mp4"]


def test_cameras_take_turns_when_claimed_one_by_one(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", "b.mp4", "c.mp4", camera_name="cam1")
    probed(ledger, "x.mp4", "y.mp4", camera_name="cam2")
    paths = []
    for minute in range(5):
        (claim,) = claim_next(ledger, 1, NOON + minute * MINUTE)
        ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded())
        paths.append(claim.video.path)
    assert names(paths) == "cam1/a cam2/x cam1/b cam2/y cam1/c"


def test_what_is_being_sampled_counts_as_a_turn(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", "b.mp4", "c.mp4", camera_name="cam1")
    claim_next(ledger, 2, NOON)
    probed(ledger, "x.mp4", "y.mp4", camera_name="cam2")
    assert names([video.path for video in ledger.pending()]) == "cam2/x cam2/y cam1/c"


def test_what_is_claimed_one_by_one_is_what_is_pending_in_that_order(ledger: Ledger) -> None:
    probed(ledger, "c.mp4", "b.mp4", "a.mp4", camera_name="cam1")
    probed(ledger, "y.mp4", "x.mp4", camera_name="cam2")
    probed(ledger, "z.mp4", camera_name="cam0")
    same_start = found("d.mp4")
    ledger.register([same_start], NOON)
    ledger.set_header(same_start.video_id, header(0))
    for limit in (0, 1, 2, 9):
        expected = [video.path for video in ledger.pending()][:limit]
        assert [claim.video.path for claim in claim_next(ledger, limit, NOON)] == expected
    assert ledger.pending() == []


def test_only_the_named_cameras_are_claimed(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", camera_name="cam1")
    probed(ledger, "x.mp4", camera_name="cam2")
    assert names([claim.video.path for claim in claim_next(ledger, 9, NOON, ["cam2"])]) == "cam2/x"


def test_pending_videos_can_be_asked_for_by_id(ledger: Ledger) -> None:
    a, b = probed(ledger, "a.mp4", "b.mp4")
    assert [video.file for video in ledger.pending([b.video_id, "unknown"])] == [b]
    assert [video.file for video in ledger.pending()] == [a, b]


def test_a_claimed_video_is_not_claimed_again(ledger: Ledger) -> None:
    claim = claimed(ledger)
    assert ledger.claim_video(claim.video.video_id, NOON) is None
    assert claim_next(ledger, 1, NOON) == []
    assert ledger.claim_video("unknown", NOON) is None


def test_of_very_many_videos_each_is_claimed_once_and_its_attempt_raised_by_one(ledger: Ledger) -> None:
    """DuckDB 2.0 changes a row of such a table twice, now and then, where an index tells it where that is."""
    with closing(ledger._connection.cursor()) as cursor:
        cursor.execute(
            """
            INSERT INTO file_list BY NAME
            SELECT md5(number::VARCHAR)[:16] AS video_id, '/rec' AS source, '/rec/' || number AS path,
              'cam1' AS camera_name, 1 AS size_bytes, 1 AS modified_ns, TIMESTAMP '2026-11-01' AS started_at,
              'name' AS start_basis, 60 AS duration_s, 1920 AS width_px, 1080 AS height_px, 'h264' AS codec,
              'pending' AS status, TIMESTAMP '2026-11-01' AS added_at
            FROM range(150_000) AS numbers(number)
            """
        )
        cursor.execute("CHECKPOINT")
    for video_id in ledger.next_up(100, NOON):
        claim = ledger.claim_video(video_id, NOON)
        assert claim
        assert claim.attempt == 1
    assert ledger.counts()[VideoStatus.SAMPLING] == 100


def test_a_released_claim_waits_for_its_retry_time(ledger: Ledger) -> None:
    claim = claimed(ledger)
    ledger.log_span(claim.video.video_id, claim.attempt, DIGEST, log(claim.video.video_id))
    ledger.release(claim.video.video_id, claim.attempt, "its sampler died", retry_at=NOON + MINUTE)
    assert claim_next(ledger, 1, NOON) == []
    (again,) = claim_next(ledger, 1, NOON + MINUTE)
    assert again.attempt == 2
    assert ledger.logs([claim.video.video_id])[claim.video.video_id] == [log(claim.video.video_id)]


def test_all_claims_can_be_given_back(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", "b.mp4")
    claim_next(ledger, 1, NOON)
    claim_next(ledger, 1, NOON + MINUTE)
    assert ledger.release_claims(claimed_before=NOON + MINUTE) == 1
    assert ledger.release_claims() == 1
    assert ledger.release_claims() == 0
    assert {claim.attempt for claim in claim_next(ledger, 9, NOON)} == {2}


def test_answers_of_an_attempt_that_was_given_up_change_nothing(ledger: Ledger) -> None:
    stale = claimed(ledger)
    video_id = stale.video.video_id
    ledger.release_claims()
    for current in (None, ledger.claim_video(video_id, NOON)):
        before = ledger.snapshot()
        with pytest.raises(StaleAttempt):
            ledger.log_span(video_id, stale.attempt, DIGEST, log(video_id))
        with pytest.raises(StaleAttempt):
            ledger.conclude(video_id, stale.attempt, conclusion(), refolded(event(0.1, video_id)))
        with pytest.raises(StaleAttempt):
            ledger.release(video_id, stale.attempt, "?")
        with pytest.raises(StaleAttempt):
            ledger.fail(video_id, stale.attempt, VideoStatus.FAILED, "?", NOON)
        assert ledger.snapshot() == before, current


def test_only_the_videos_of_the_named_programs_are_claimed(ledger: Ledger) -> None:
    _, b, c, d = probed(ledger, "a.mp4", "b.mp4", "c.mp4", "d.mp4")
    (x,) = probed(ledger, "x.mp4", camera_name="cam2")
    first = asked_for(ledger, b.video_id, d.video_id, x.video_id)
    second = asked_for(ledger, c.video_id)
    assert claim_next(ledger, 9, NOON, None, []) == []
    assert names([claim.video.path for claim in claim_next(ledger, 9, NOON, ["cam1"], [second])]) == "cam1/c"
    assert names([claim.video.path for claim in claim_next(ledger, 2, NOON, None, [first, second])]) == "cam2/x cam1/b"
    assert names([claim.video.path for claim in claim_next(ledger, 9, NOON)]) == "cam1/a cam1/d", "without any, all are"


def test_a_failure_asks_for_longer_and_longer_pauses_and_then_gives_up(ledger: Ledger) -> None:
    (file,) = probed(ledger, "a.mp4")
    at = NOON
    for failures, pause_s in enumerate((60.0, 0.5), start=1):
        (claim,) = claim_next(ledger, 1, at)
        assert claim.attempt == failures
        retry_at = ledger.set_back(file.video_id, claim.attempt, "broken", at, [60, 0.5])
        assert retry_at == at + timedelta(seconds=pause_s)
        row = ledger.video(file.video_id)
        assert row
        assert (row.status, row.failures, row.reason) == (VideoStatus.PENDING, failures, "broken")
        assert (row.retry_at, row.finished_at) == (retry_at, None)
        assert claim_next(ledger, 1, retry_at - timedelta(microseconds=1)) == []
        at = retry_at
    (claim,) = claim_next(ledger, 1, at)
    assert ledger.set_back(file.video_id, claim.attempt, "broken for good", at, [60, 0.5]) is None
    row = ledger.video(file.video_id)
    assert row
    assert (row.status, row.failures, row.reason) == (VideoStatus.FAILED, 3, "broken for good")
    assert (row.retry_at, row.finished_at) == (None, at)


def test_what_was_given_up_as_its_file_was_out_of_reach_is_remembered_until_it_waits_again(ledger: Ledger) -> None:
    away, later, broken = (claimed(ledger, name) for name in ("a.mp4", "b.mp4", "c.mp4"))
    ids = [claim.video.video_id for claim in (away, later, broken)]
    assert ledger.set_back(ids[0], away.attempt, "it is gone", NOON, [], is_out_of_reach=True) is None
    assert ledger.set_back(ids[1], later.attempt, "it is gone", NOON, [60], is_out_of_reach=True)
    assert ledger.set_back(ids[2], broken.attempt, "broken", NOON, []) is None
    assert ledger.out_of_reach() == [ids[0]]
    ledger.fail(ids[1], None, VideoStatus.FAILED, "it is gone", NOON, is_out_of_reach=True)
    assert ledger.out_of_reach() == sorted(ids[:2])
    ledger.reopen(ids)
    assert ledger.out_of_reach() == []
    assert len(claim_next(ledger, 9, NOON)) == 3


def test_without_pauses_the_first_failure_is_the_last(ledger: Ledger) -> None:
    claim = claimed(ledger)
    assert ledger.set_back(claim.video.video_id, claim.attempt, "broken", NOON, []) is None
    assert ledger.counts()[VideoStatus.FAILED] == 1


def test_a_file_whose_header_cannot_be_read_is_set_back_without_an_attempt(ledger: Ledger) -> None:
    file = found()
    ledger.register([file], NOON)
    assert ledger.set_back(file.video_id, None, "no video", NOON, [60]) == NOON + MINUTE
    with pytest.raises(StaleAttempt):  # two had read it at once, and it failed once
        ledger.set_back(file.video_id, None, "no video", NOON, [60])
    assert ledger.unprobed(at=NOON + MINUTE - timedelta(microseconds=1)) == []
    assert ledger.unprobed(at=NOON + MINUTE) == ledger.unprobed() == [file]
    assert ledger.set_back(file.video_id, None, "no video", NOON + MINUTE, [60]) is None
    assert ledger.unprobed() == []


def test_a_failure_of_another_attempt_is_not_counted(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    before = ledger.video(video_id)
    for attempt in (None, claim.attempt + 1):
        with pytest.raises(StaleAttempt, match="was refused: late"):
            ledger.set_back(video_id, attempt, "late", NOON, [60])
    with pytest.raises(StaleAttempt):
        ledger.set_back("unknown", 1, "late", NOON, [60])
    assert ledger.video(video_id) == before
    ledger.conclude(video_id, claim.attempt, conclusion(), refolded())
    for late in (None, claim.attempt):
        with pytest.raises(StaleAttempt):
            ledger.set_back(video_id, late, "late", NOON, [60])


def test_what_was_sampled_of_a_video_that_is_set_back_stays(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id, 0, 30))
    ledger.set_back(video_id, claim.attempt, "its sampler died", NOON, [60])
    assert ledger.logs([video_id]) == {video_id: [log(video_id, 0, 30)]}


def test_a_good_end_clears_the_failures(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.set_back(video_id, claim.attempt, "its sampler died", NOON, [0, 0])
    (again,) = claim_next(ledger, 1, NOON)
    ledger.conclude(video_id, again.attempt, conclusion(), refolded())
    row = ledger.video(video_id)
    assert row
    assert (row.failures, row.reason) == (0, None)


def losses_of(ledger: Ledger, video_id: str) -> int:
    row = ledger.video(video_id)
    assert row
    return row.losses


def test_what_was_lost_in_the_midst_is_counted_and_what_ended_in_good_order_is_not(ledger: Ledger) -> None:
    video_id = claimed(ledger).video.video_id
    ledger.release(video_id, 1, "it was given up")
    claim_next(ledger, 1, NOON)
    ledger.release_claims()
    claim_next(ledger, 1, NOON)
    ledger.put_off(video_id, 3, "its source was away", NOON)
    claim_next(ledger, 1, NOON)
    ledger.set_back(video_id, 4, "its sampler died", NOON, [0])
    assert losses_of(ledger, video_id) == 0
    claim_next(ledger, 1, NOON)
    ledger.put_off(video_id, 5, "its machine was lost", NOON, is_lost=True)
    claim_next(ledger, 1, NOON)
    ledger.release_claims(are_lost=True)
    assert losses_of(ledger, video_id) == 2
    claim_next(ledger, 1, NOON)
    ledger.conclude(video_id, 7, conclusion(), refolded())
    assert losses_of(ledger, video_id) == 0


def test_what_is_taken_up_anew_has_not_been_lost(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.release_claims(are_lost=True)
    claim_next(ledger, 1, NOON)
    ledger.fail(video_id, 2, VideoStatus.TIMEOUT, "it took too long", NOON)
    assert losses_of(ledger, video_id) == 1
    ledger.reopen([video_id], keep_logs=True)
    assert losses_of(ledger, video_id) == 0


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 90_000), max_size=5), st.sampled_from([None, 1]))
def test_a_video_is_tried_as_often_as_there_are_pauses_and_once_more(
    ledger: Ledger, pauses_s: list[float], probed_as: int | None
) -> None:
    file = found(f"{len(ledger.videos())}.mp4")
    ledger.register([file], NOON)
    if probed_as:
        ledger.set_header(file.video_id, header())
    at, waits = NOON, []
    while True:
        attempt = None
        if probed_as:
            claim = ledger.claim_video(file.video_id, at)
            assert claim
            attempt = claim.attempt
        retry_at = ledger.set_back(file.video_id, attempt, "broken", at, pauses_s)
        if retry_at is None:
            break
        waits.append((retry_at - at).total_seconds())
        at = retry_at
    assert waits == pytest.approx(pauses_s, abs=1e-6)


def test_claims_older_than_an_instant_are_stale_oldest_first(ledger: Ledger) -> None:
    files = probed(ledger, "a.mp4", "b.mp4", "c.mp4", "d.mp4")
    claims: list[Claim] = []
    for minute, file in zip((2, 0, 1), files, strict=False):
        claim = ledger.claim_video(file.video_id, NOON + minute * MINUTE)
        assert claim
        claims.append(claim)
    later, oldest, middle = claims
    assert ledger.stale_claims(NOON) == []
    assert ledger.stale_claims(NOON + 2 * MINUTE) == [oldest, middle]
    assert ledger.stale_claims(NOON + 9 * MINUTE) == ledger.stale_claims() == [oldest, middle, later]
    ledger.release(oldest.video.video_id, oldest.attempt, "nobody answered for it")
    assert ledger.stale_claims(NOON + 9 * MINUTE) == [middle, later]


def test_several_are_claimed_at_once_but_those_that_can_not_be(ledger: Ledger) -> None:
    a, b, c = (file.video_id for file in probed(ledger, "a.mp4", "b.mp4", "c.mp4"))
    [unprobed] = (found("unprobed.mp4"),)
    ledger.register([unprobed], NOON)
    assert ledger.claim_video(b, NOON)
    claims = ledger.claim_videos([c, "unknown", b, unprobed.video_id, a], NOON)
    assert [(claim.video.video_id, claim.attempt) for claim in claims] == [(c, 1), (a, 1)]
    assert ledger.claim_videos([a, b, c], NOON) == []


def test_a_claim_tells_whether_some_of_the_video_was_sampled_before(ledger: Ledger) -> None:
    first = claimed(ledger)
    video_id = first.video.video_id
    assert not first.is_begun
    ledger.release_claims()
    [second] = ledger.claim_videos([video_id], NOON)
    assert not second.is_begun
    ledger.log_span(video_id, second.attempt, DIGEST, log(video_id))
    ledger.release_claims()
    [third] = ledger.claim_videos([video_id], NOON)
    assert third.is_begun
    ledger.release_claims()
    ledger.reopen([video_id])
    [forced] = ledger.claim_videos([video_id], NOON)
    assert not forced.is_begun
