from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from tests.conftest import copied
from tests.ledger.examples import DIGEST, NOON, claimed, conclusion, event, log, probed, refolded
from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Findings, Outcome
from vtrack_ray.meaning.video import VideoStatus


def status(ledger: Ledger, video_id: str) -> VideoStatus:
    row = ledger.video(video_id)
    assert row
    return row.status


def test_a_video_with_an_event_is_done(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.conclude(video_id, claim.attempt, conclusion("3 s could not be read"), refolded(event(0.1, video_id)))
    row = ledger.video(video_id)
    assert row
    assert (row.status, row.reason, row.finished_at) == (VideoStatus.DONE, "3 s could not be read", NOON)
    assert (row.profile_digest, row.exhaustive) == (DIGEST, False)
    assert ledger.events() == [event(0.1, video_id)]


def test_a_video_without_an_event_shows_no_activity(ledger: Ledger) -> None:
    claim = claimed(ledger)
    ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded(event(0.1, "another")))
    assert status(ledger, claim.video.video_id) is VideoStatus.NO_ACTIVITY


def test_a_video_is_concluded_once(ledger: Ledger) -> None:
    claim = claimed(ledger)
    ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded())
    with pytest.raises(StaleAttempt, match="no_activity"):
        ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded(event(0.1)))
    assert ledger.events() == []


def test_only_events_that_ended_in_the_window_are_replaced(ledger: Ledger) -> None:
    ledger.replace_events(refolded(event(0), event(1), event(2), event(3)))
    ledger.replace_events(refolded(event(1, camera_name="cam2"), camera_name="cam2"))
    # Events end 1/3 minute after their start: of minute 1 on the bound that is out, of minute 2 on the one that is in.
    ledger.replace_events(refolded(event(1.5), after=1 + 1 / 3, until=2 + 1 / 3))
    assert ledger.events() == [event(0), event(1), event(1, camera_name="cam2"), event(1.5), event(3)]


def test_replacing_twice_is_replacing_once(ledger: Ledger) -> None:
    ledger.replace_events(refolded(event(0), event(1)))
    once = None
    for _ in range(2):
        ledger.replace_events(refolded(event(1, codes=["NEW00000001"]), event(2), after=0.9, until=9))
        once = once or ledger.snapshot()
    assert ledger.snapshot() == once


def test_an_event_found_again_overwrites_itself_wherever_it_ended(ledger: Ledger) -> None:
    ledger.replace_events(refolded(event(0, codes=["A", "B"])))
    ledger.replace_events(refolded(event(0, codes=["C"]), after=5, until=6))
    assert ledger.events() == [event(0, codes=["C"])]


def test_a_neighbour_is_settled_with_the_event_that_crosses_into_it(ledger: Ledger) -> None:
    a, b = (file.video_id for file in probed(ledger, "a.mp4", "b.mp4"))
    first = ledger.claim_video(a, NOON)
    assert first
    ledger.conclude(a, first.attempt, conclusion(), refolded(video_ids=[a]))
    assert status(ledger, a) is VideoStatus.NO_ACTIVITY
    second = ledger.claim_video(b, NOON)
    assert second
    ledger.conclude(b, second.attempt, conclusion(), refolded(event(0.9, a, b), video_ids=[a, b]))
    assert status(ledger, a) is status(ledger, b) is VideoStatus.DONE
    ledger.replace_events(refolded())  # the event is gone; the videos it lay in are not named
    assert status(ledger, a) is status(ledger, b) is VideoStatus.NO_ACTIVITY


def test_videos_that_were_not_concluded_are_not_settled(ledger: Ledger) -> None:
    a, b = (file.video_id for file in probed(ledger, "a.mp4", "b.mp4"))
    ledger.fail(b, None, VideoStatus.FAILED, "broken", NOON)
    ledger.replace_events(refolded(event(0.9, a, b), video_ids=[a, b]))
    assert (status(ledger, a), status(ledger, b)) == (VideoStatus.PENDING, VideoStatus.FAILED)


def test_the_order_of_conclusions_does_not_show(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outcomes = []
    for order in permutations(range(3)):
        with Ledger.open(copied(empty_database, tmp_path_factory.mktemp("ledger") / "v.duckdb")) as ledger:
            files = probed(ledger, "a.mp4", "b.mp4", "c.mp4")
            ids = [file.video_id for file in files]
            for number in order:
                claim = ledger.claim_video(ids[number], NOON)
                assert claim
                ledger.log_span(ids[number], claim.attempt, DIGEST, log(ids[number]))
                own = event(number + 0.1, ids[number])
                there = refolded(own, after=number, until=number + 1, video_ids=[ids[number]])
                ledger.conclude(ids[number], claim.attempt, conclusion(), there)
            outcomes.append(ledger.snapshot())
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert [len(rows) for rows in outcomes[0].values()] == [3, 3, 3, 0]


def test_videos_of_several_cameras_are_concluded_at_once(ledger: Ledger) -> None:
    claims = {camera: claimed(ledger, f"{camera}.mp4", camera) for camera in ("cam1", "cam2", "cam3")}
    ids = {camera: claim.video.video_id for camera, claim in claims.items()}
    kept = event(5, ids["cam1"])
    ledger.replace_events(refolded(event(0, ids["cam1"]), kept))
    ledger.replace_events(refolded(event(0, ids["cam2"], camera_name="cam2"), camera_name="cam2"))
    new = {camera: event(0.1, ids[camera], camera_name=camera) for camera in ("cam1", "cam3")}
    ledger.release(ids["cam3"], 1, "it was given up")
    first, second, third = ledger.conclude_videos(
        [
            (ids["cam1"], 1, conclusion("3 s could not be read"), refolded(new["cam1"], after=-1, until=1)),
            (ids["cam2"], 1, conclusion(), refolded(after=-1, until=1, camera_name="cam2")),
            (ids["cam3"], 1, conclusion(), refolded(new["cam3"], camera_name="cam3")),
        ]
    )
    assert isinstance(first, Outcome)
    assert (first.status, first.reason) == (VideoStatus.DONE, "3 s could not be read")
    assert first.findings == Findings(events=1, tracking_codes=1)
    assert isinstance(second, Outcome)
    assert (second.status, second.reason, second.findings.events) == (VideoStatus.NO_ACTIVITY, None, 0)
    assert isinstance(third, StaleAttempt)
    assert [status(ledger, ids[camera]) for camera in ids] == ["done", "no_activity", "pending"]
    assert ledger.events() == [new["cam1"], kept]


def test_two_videos_of_one_camera_are_not_concluded_at_once(ledger: Ledger) -> None:
    """What was folded for the one does not know of the other."""
    claims = [claimed(ledger, name) for name in ("a.mp4", "b.mp4")]
    with pytest.raises(ValueError, match="two videos of one camera"):
        ledger.conclude_videos([(one.video.video_id, 1, conclusion(), refolded()) for one in claims])
    assert {row.status for row in ledger.videos()} == {VideoStatus.SAMPLING}


def test_what_a_video_came_to_tells_where_its_time_went(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.log_span(video_id, 1, DIGEST, log(video_id))
    row = ledger.video(video_id)
    assert row
    assert sum(row.seconds.values()) > 0
    assert ledger.conclude(video_id, 1, conclusion(), refolded()).seconds == row.seconds
