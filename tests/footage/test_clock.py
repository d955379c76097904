"""The clock: timestamps that run forward, whatever a stream's own do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.footage.clips import make_clip
from vtrack_ray.footage.clock import read_clock

STEP = 90_000 // 25


@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_sound_stream_needs_nothing(tmp_path: Path, b_frames: int) -> None:
    clock = read_clock(str(make_clip(tmp_path / "clip.ts", b_frames=b_frames)))
    assert (clock.jumps, clock.wild, clock.is_complete, clock.step) == ((), frozenset(), True, STEP)
    assert (clock.ticks - clock.ticks[0]).tolist() == [STEP * n for n in range(50)]


def test_each_jump_back_is_counted_on_from(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "thrice.ts")
    size_bytes = path.stat().st_size
    path.write_bytes(path.read_bytes() * 3)
    clock = read_clock(str(path))
    assert [jump.position // size_bytes for jump in clock.jumps] == [1, 2]
    assert [jump.ahead for jump in clock.jumps] == [50 * STEP, 100 * STEP]
    assert (clock.ticks - clock.ticks[0]).tolist() == [STEP * n for n in range(150)]


def test_a_position_lies_before_what_is_looked_for(tmp_path: Path) -> None:
    clock = read_clock(str(make_clip(tmp_path / "clip.ts")))
    times, positions = clock.ticks.tolist(), clock.positions.tolist()
    assert [clock.position(time) for time in times] == positions
    assert clock.position(times[7] + STEP // 2) == positions[7]
    assert clock.position(times[0] - 1) == 0


def test_a_file_that_grew_is_read_anew(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.ts")
    assert len(read_clock(str(path)).ticks) == 50
    path.write_bytes(path.read_bytes() * 2)
    assert len(read_clock(str(path)).ticks) == 100
