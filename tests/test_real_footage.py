"""Real recordings: what a camera sees is not what a renderer makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Vtrack

FOOTAGE = Path(__file__).parent.parent.parent / "shared" / "footage"

pytestmark = pytest.mark.skipif(not FOOTAGE.is_dir(), reason="the real clips are not beside the project")


def test_bottles_on_a_table_are_no_packing(vtrack: Vtrack) -> None:
    vtrack("run", "--local", FOOTAGE / "bottle-detection.mp4")
    assert vtrack.json("events") == []
    [video] = vtrack.json("videos")
    assert video["status"] == "no_activity"
    assert video["examined_s"] + video["idle_s"] == pytest.approx(video["duration_s"], abs=1e-3)
    assert video["examined_s"] > video["duration_s"] / 2, "bottles move most of the time"


def test_hands_without_a_label_are_no_packing(vtrack: Vtrack) -> None:
    vtrack("run", "--local", *sorted(FOOTAGE.glob("hands-*.mkv")))
    assert vtrack.json("events") == []
    assert {video["status"] for video in vtrack.json("videos")} == {"no_activity"}
