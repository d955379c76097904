from __future__ import annotations

import pytest

from tests.ledger.examples import DIGEST, MINUTE, NOON, claimed, conclusion, event, found, header, log, probed, refolded
from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.video import VideoStatus


def names(claims: list[str]) -> str:
    return " ".join(claim.removeprefix("/rec/").removesuffix(".mp4") for claim in claims)


def test_cameras_take_turns_and_each_goes_in_time_order(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", "b.mp4", "c.mp4", "d.mp4", camera_name="cam1")
    probed(ledger, "x.mp4", "y.mp4", camera_name="cam2")
    ledger.register([found("unprobed.mp4")], NOON)
    claims = ledger.claim(5, NOON)
    assert names([claim.video.path for claim in claims]) == "cam1/a cam2/x cam1/b cam2/y cam1/c"
    assert {claim.attempt for claim in claims} == {1}
    assert [claim.video.path for claim in ledger.claim(5, NOON)] == ["/rec/cam1/d.mp4"]


def test_cameras_take_turns_when_claimed_one_by_one(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", "b.mp4", "c.mp4", camera_name="cam1")
    probed(ledger, "x.mp4", "y.mp4", camera_name="cam2")
    paths = []
    for minute in range(5):
        (claim,) = ledger.claim(1, NOON + minute * MINUTE)
        ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded())
        paths.append(claim.video.path)
    assert names(paths) == "cam1/a cam2/x cam1/b cam2/y cam1/c"


def test_what_is_being_sampled_counts_as_a_turn(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", "b.mp4", "c.mp4", camera_name="cam1")
    ledger.claim(2, NOON)
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
        assert [claim.video.path for claim in ledger.claim(limit, NOON)] == expected
    assert ledger.pending() == []


def test_only_the_named_cameras_are_claimed(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", camera_name="cam1")
    probed(ledger, "x.mp4", camera_name="cam2")
    assert names([claim.video.path for claim in ledger.claim(9, NOON, ["cam2"])]) == "cam2/x"


def test_pending_videos_can_be_asked_for_by_id(ledger: Ledger) -> None:
    a, b = probed(ledger, "a.mp4", "b.mp4")
    assert [video.file for video in ledger.pending([b.video_id, "unknown"])] == [b]
    assert [video.file for video in ledger.pending()] == [a, b]


def test_a_claimed_video_is_not_claimed_again(ledger: Ledger) -> None:
    claim = claimed(ledger)
    assert ledger.claim_video(claim.video.video_id, NOON) is None
    assert ledger.claim(1, NOON) == []
    assert ledger.claim_video("unknown", NOON) is None


def test_a_released_claim_waits_for_its_retry_time(ledger: Ledger) -> None:
    claim = claimed(ledger)
    ledger.log_span(claim.video.video_id, claim.attempt, DIGEST, log(claim.video.video_id))
    ledger.release(claim.video.video_id, claim.attempt, "its sampler died", retry_at=NOON + MINUTE)
    assert ledger.claim(1, NOON) == []
    (again,) = ledger.claim(1, NOON + MINUTE)
    assert again.attempt == 2
    assert ledger.logs([claim.video.video_id])[claim.video.video_id] == [log(claim.video.video_id)]


def test_all_claims_can_be_given_back(ledger: Ledger) -> None:
    probed(ledger, "a.mp4", "b.mp4")
    ledger.claim(1, NOON)
    ledger.claim(1, NOON + MINUTE)
    assert ledger.release_claims(claimed_before=NOON + MINUTE) == 1
    assert ledger.release_claims() == 1
    assert ledger.release_claims() == 0
    assert {claim.attempt for claim in ledger.claim(9, NOON)} == {2}


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
