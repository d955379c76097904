"""Scratch folders take no room for longer than they are needed, whatever is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vtrack_ray.pipeline.scratch import scratch

HOLD = """
import sys
from pathlib import Path
from vtrack_ray.pipeline.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "clip.mp4").write_bytes(b"a clip")
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_it_is_removed_at_the_end_whatever_the_end_is(tmp_path: Path) -> None:
    def fail() -> None:
        with scratch(tmp_path / "common") as folder:
            (folder / "clip.mp4").write_bytes(b"a clip")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert list((tmp_path / "common").iterdir()) == []


def test_what_a_killed_process_has_left_goes_and_what_another_is_at_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "ready\n"
        [held] = tmp_path.iterdir()
        with scratch(tmp_path) as own:
            assert {*tmp_path.iterdir()} == {held, own}
        holder.kill()
    with scratch(tmp_path) as own:
        assert [*tmp_path.iterdir()] == [own]
