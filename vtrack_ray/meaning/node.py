"""A node: one machine of the cluster, whether it is given work, and how it gets at the files of each source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NodeState(StrEnum):
    """Whether a machine is given work."""

    WORKING = "working"
    DRAINING = "draining"
    DRAINED = "drained"
    RESTING = "resting"
    SILENT = "silent"
    UNFIT = "unfit"


class Reach(StrEnum):
    """How a machine gets at the files of a source."""

    OWN = "own"
    """It sees the same files under the same path."""
    HEAD = "head"
    """It reads them through the head's HTTP service."""
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class SourceReach:
    """How a machine gets at a source; `reason` says to a person why it does not see the files itself."""

    source: str
    reach: Reach
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Node:
    """A machine as it was last seen; `batch` is how many tasks it may work on at once, `running` how many it does."""

    name: str
    address: str
    is_head: bool
    state: NodeState
    reason: str | None
    cores: int
    batch: int
    running: int
    cpu_percent: float | None
    memory_percent: float | None
    seen_at: datetime
    sources: tuple[SourceReach, ...] = ()
