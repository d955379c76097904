"""Scratch: a folder for what is needed for a moment, which takes no room for longer, whatever is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs


def scratch_folder() -> Path:
    """Where such folders are."""
    return platformdirs.user_cache_path("vtrack", appauthor=False) / "scratch"


@contextmanager
def scratch(common: Path) -> Iterator[Path]:
    """A folder in a common one, removed at the end; those that killed processes have left are removed before.

    A lock on each says that its process is alive: it ends with that. Raises OSError.
    """
    common.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(common, fcntl.LOCK_EX):  # nobody takes one for left behind that is not locked yet
        for left in common.iterdir():
            _remove_if_left(left)
        own = Path(tempfile.mkdtemp(dir=common))
        lock = os.open(own, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield own
    finally:
        shutil.rmtree(own)
        os.close(lock)


def _remove_if_left(folder: Path) -> None:
    try:
        with _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(folder)
    except (BlockingIOError, FileNotFoundError):
        return  # its process is at work, or has just ended


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)
