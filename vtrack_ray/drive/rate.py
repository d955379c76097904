"""A rate: no more than so many bytes a second, for all processes of a machine together."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable
from pathlib import Path

_LONGEST_S = 3600.0
"""What lies further ahead was written before the machine was started again: its clock has begun anew."""


class Rate:
    """Has whoever takes bytes wait for their turn. `path` is a file that those who share the rate have in common."""

    def __init__(self, path: Path, bytes_per_s: float, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._path = path
        self._bytes_per_s = bytes_per_s
        self._sleep = sleep

    def take(self, count_bytes: int) -> None:
        """Waits until so many may be fetched; at once with a rate of 0, which is none. Raises OSError."""
        if not self._bytes_per_s:
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._path.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read()
            now = time.monotonic()
            free_at = float(text) if text else now
            begin = free_at if now <= free_at <= now + _LONGEST_S else now
            file.truncate(0)
            file.write(repr(begin + count_bytes / self._bytes_per_s))
        self._sleep(begin - now)
