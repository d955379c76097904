from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.ledger.examples import NOON, asked_for, claimed, probed
from tests.pipeline.services import Counting
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline import shortlist
from vtrack_ray.pipeline.shortlist import Shortlist


@pytest.fixture
def store(ledger: Ledger) -> Counting:
    return Counting(ledger)


def names(waiting: Shortlist, number: int, *cameras: str, programs: list[int] | None = None) -> list[str | None]:
    """The files of the next claims, asked for one by one; None where there was none."""

    async def claim() -> list[str | None]:
        claims = [await waiting.claim(1, cameras, programs) for _ in range(number)]
        return [Path(one[0].video.path).name if one else None for one in claims]

    return asyncio.run(claim())


def test_videos_are_claimed_in_the_ledgers_order_which_is_asked_for_once(ledger: Ledger, store: Counting) -> None:
    probed(ledger, "a.mp4", "b.mp4", camera_name="cam1")
    probed(ledger, "x.mp4", "y.mp4", camera_name="cam2")
    waiting = Shortlist(store, lambda: NOON)
    assert names(waiting, 4, "cam1", "cam2") == ["a.mp4", "x.mp4", "b.mp4", "y.mp4"]
    assert store.asked["next_up"] == 1
    assert waiting.rest_s == 0
    assert names(waiting, 1, "cam1", "cam2") == [None]
    assert waiting.rest_s > 0


def test_what_can_no_longer_be_claimed_is_passed_over(ledger: Ledger, store: Counting) -> None:
    probed(ledger, "a.mp4", "b.mp4", "c.mp4")
    waiting = Shortlist(store, lambda: NOON)
    assert names(waiting, 1, "cam1") == ["a.mp4"]
    ledger.claim_video(ledger.next_up(1, NOON)[0], NOON)
    assert names(waiting, 2, "cam1") == ["c.mp4", None]


def test_another_camera_or_program_has_its_turn_at_once(ledger: Ledger, store: Counting) -> None:
    probed(ledger, "a.mp4", "b.mp4", "c.mp4", camera_name="cam1")
    [x] = probed(ledger, "x.mp4", camera_name="cam2")
    waiting = Shortlist(store, lambda: NOON)
    assert names(waiting, 1, "cam1") == ["a.mp4"]
    assert names(waiting, 1, "cam1", "cam2") == ["x.mp4"]
    ledger.release(x.video_id, 1, "it is asked for")
    program_id = asked_for(ledger, x.video_id)
    assert names(waiting, 2, "cam1", "cam2", programs=[program_id]) == ["x.mp4", None]


@pytest.mark.parametrize(("seldom", "second"), [(0, "a.mp4"), (10**9, "c.mp4")])
def test_what_came_since_has_its_turn_after_a_while_which_is_longer_where_asking_takes_long(
    ledger: Ledger, store: Counting, monkeypatch: pytest.MonkeyPatch, seldom: int, second: str
) -> None:
    monkeypatch.setattr(shortlist, "_FRESH_S", 0.0)
    monkeypatch.setattr(shortlist, "_SELDOM", seldom)
    probed(ledger, "b.mp4", "c.mp4")
    waiting = Shortlist(store, lambda: NOON)
    assert names(waiting, 1, "cam1") == ["b.mp4"]
    late = claimed(ledger, "a.mp4")
    ledger.release(late.video.video_id, late.attempt, "it waits again")
    assert names(waiting, 1, "cam1") == [second]
