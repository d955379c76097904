"""Hints after a run: what was assumed, and which cameras' labels can't be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ledger.examples import header, probed
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import CameraFindings, VideoRow
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.video import StartBasis
from vtrack_ray.pipeline.hints import hints


@pytest.fixture
def rows(ledger: Ledger) -> list[VideoRow]:
    for file in probed(ledger, "a.mp4", "b.mp4", "c.mp4"):
        ledger.set_header(file.video_id, replace(header(), start_basis=StartBasis.MODIFIED))
    return ledger.videos()


def test_assumed_start_times_are_counted(rows: list[VideoRow]) -> None:
    named = [replace(row, start_basis=StartBasis.NAME) for row in rows]
    assert list(hints(named, [], {})) == []
    [said] = hints([*named[1:], rows[0]], [], {})
    assert said.startswith("The start time of 1 video is only assumed, ")
    [said] = hints(rows, [], {})
    assert said.startswith("The start times of 3 videos are only assumed, ")


@pytest.mark.parametrize(("without_code", "is_told"), [(0, False), (5, False), (6, True), (10, True)])
def test_a_camera_most_of_whose_events_show_no_code_is_told(without_code: int, is_told: bool) -> None:
    found = CameraFindings(camera_name="bàn 1", events=10, without_code=without_code)
    profile = Profile(camera_name="bàn 1", packing_area=Area(1, 2, 3, 4), code_pattern="SPX[0-9]+")
    said = list(hints([], [found], {"bàn 1": profile}))
    assert bool(said) is is_told
    for part in ("packing_area [1, 2, 3, 4]", "QRCode, Code128 (", "'SPX[0-9]+'", "vtrack profile set 'bàn 1' --symb"):
        assert all(part in sentence for sentence in said), part
