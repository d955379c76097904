"""Needs: what jobs of a kind are known to use, and so what is asked for the next one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

MIB = 2**20
_REMEMBERED = 20
"""So many of the latest jobs of a kind count: footage changes with the camera, and with the season."""
_MARGIN = 1.25
_SURPRISE = 0.2
"""A change of what is asked for that is worth telling, as a share of it."""


class Usage(NamedTuple):
    """What one job used: processor seconds, seconds, and the most memory at once in bytes."""

    cpu_s: float
    elapsed_s: float
    memory_bytes: int


@dataclass(frozen=True)
class Need:
    """What is asked for: processors (a fraction, in tenths), and memory in whole MiB."""

    cpus: float
    memory_bytes: int


_UNKNOWN = Need(1.0, 500 * MIB)
"""Before anything was measured: a core, and what a 1080p table takes (see docs/benchmarks.md)."""
_LEAST = Need(0.5, 100 * MIB)
"""What waits for its disk leaves its core to one other job; short ones may seem to have waited only."""


class Needs:
    """Learns from jobs that ended, by kind."""

    def __init__(self) -> None:
        self._used: dict[str, deque[Usage]] = {}
        self._told: dict[str, Need] = {}

    def of(self, kind: str) -> Need:
        """What to ask for a job of that kind: a little more than the hungriest of the latest ones used."""
        used = self._used.get(kind)
        if not used:
            return _UNKNOWN
        # Short jobs are mostly start and end, which says little about a core's load.
        share = sum(usage.cpu_s for usage in used) / max(1e-3, sum(usage.elapsed_s for usage in used))
        memory = max(usage.memory_bytes for usage in used) * _MARGIN
        return Need(
            cpus=max(_LEAST.cpus, round(share * 10) / 10),
            memory_bytes=max(_LEAST.memory_bytes, round(memory / MIB) * MIB),
        )

    def learn(self, kind: str, usage: Usage) -> Need | None:
        """Takes in what a job used; gives what is now asked for its kind, if that has changed much since last told."""
        self._used.setdefault(kind, deque(maxlen=_REMEMBERED)).append(usage)
        now, told = self.of(kind), self._told.get(kind, _UNKNOWN)
        if _differs(now.cpus, told.cpus) or _differs(now.memory_bytes, told.memory_bytes):
            self._told[kind] = now
            return now
        return None


def _differs(now: float, told: float) -> bool:
    return abs(now - told) > _SURPRISE * told
