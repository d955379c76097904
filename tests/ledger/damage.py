"""Damage to a database's files, done for the ledger's tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ledger.processes import running
from vtrack_ray.ledger.files import wal_path

KILLED = """
import os, sys
from tests.ledger.examples import NOON, found
from vtrack_ray.ledger.ledger import Ledger
with Ledger.open(sys.argv[1]) as ledger:
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        ledger.register([found(f"{number}.mp4")], NOON)
    print("done", flush=True)
    os.kill(os.getpid(), 9)
"""
"""Makes commits, one a video, and is killed with all of them in the log."""

needs_mounts = pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")


def killed(path: Path, first: int, end: int) -> None:
    """Videos `first` to `end` - 1 are committed, and lie in the log alone."""
    with running(KILLED, path, first, end) as (process, printed):
        assert printed.readline() == "done\n"
        process.wait()
    assert wal_path(path).stat().st_size > 0


def flip(path: Path, at: int) -> None:
    """Turns over the bits of one byte; `at` may count from the end."""
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of that size at `folder`; skips the test where none can be mounted."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        # Root in a container may not mount: there is no disk that can fill up. What `mount` said is told with the skip.
        pytest.skip(f"no disk can be mounted here: {os.fsdecode(mounted.stderr).strip()}")  # nothing of ours has failed
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)
