"""Settling: which found files are still being written. Knows what scans found, and never looks at a disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from vtrack_ray.instants import require_aware
from vtrack_ray.meaning.video import FoundFile

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A scan's files, in its order: those that are stable, and those to leave for a later scan."""

    stable: tuple[FoundFile, ...]
    growing: tuple[FoundFile, ...]


class _Sight(NamedTuple):
    size_bytes: int
    modified_ns: int
    since: datetime


class Settling:
    """Tells stable files from growing ones, one scan after the other.

    A file is stable if it was last modified at least `settle_s` ago, or if its size and modification time are what they
    were at least `settle_s` ago: the clock of a network drive may be ahead of this one. Only the files modified lately
    are remembered, and only until a scan finds them gone, or modified long ago.
    """

    def __init__(self, settle_s: float) -> None:
        if settle_s < 0:
            raise ValueError(f"files settle in {settle_s} s, which is less than none")
        self._settle = timedelta(seconds=settle_s)
        self._sights: dict[str, _Sight] = {}

    def __len__(self) -> int:
        """The number of files remembered."""
        return len(self._sights)

    def settle(self, files: Iterable[FoundFile], at: datetime) -> Settled:
        """Parts the files of one scan, all of them, made at that instant. Raises ValueError for a naive one."""
        modified_before_ns = (require_aware(at) - self._settle - _EPOCH) // timedelta(microseconds=1) * 1000
        sights: dict[str, _Sight] = {}
        stable: list[FoundFile] = []
        growing: list[FoundFile] = []
        for file in files:
            if file.modified_ns <= modified_before_ns:
                stable.append(file)
                continue
            sight = self._sight(file, at)
            sights[file.path] = sight
            (stable if at - sight.since >= self._settle else growing).append(file)
        self._sights = sights
        return Settled(stable=tuple(stable), growing=tuple(growing))

    def _sight(self, file: FoundFile, at: datetime) -> _Sight:
        """Since when the file has been as it is."""
        known = self._sights.get(file.path)
        # A clock that was put back begins anew: what it said before means nothing any more.
        if known and known[:2] == (file.size_bytes, file.modified_ns) and known.since <= at:
            return known
        return _Sight(file.size_bytes, file.modified_ns, at)
