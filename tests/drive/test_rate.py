"""The rate at which a machine reads, all its processes together."""

from __future__ import annotations

from pathlib import Path

import pytest

from vtrack_ray.drive.rate import Rate


def test_all_who_share_a_rate_wait_for_their_turn(tmp_path: Path) -> None:
    path, pauses_s = tmp_path / "cache" / "rate", list[float]()
    one, other = (Rate(path, 1000, sleep=pauses_s.append) for _ in range(2))
    for rate in (one, other, one):
        rate.take(100_000)
    assert pauses_s == pytest.approx([0, 100, 200], abs=50)


def test_what_lies_too_far_ahead_was_written_before_the_machine_was_started_again(tmp_path: Path) -> None:
    path, pauses_s = tmp_path / "rate", list[float]()
    path.write_text("1e12")
    Rate(path, 1000, sleep=pauses_s.append).take(1)
    assert pauses_s == [0]


def test_no_limit_is_none(tmp_path: Path) -> None:
    Rate(tmp_path / "rate", 0).take(10**12)
    assert not (tmp_path / "rate").exists()
