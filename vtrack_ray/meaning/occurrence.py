"""An occurrence: one thing that the service did or that happened to it, as its history keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self


class OccurrenceKind(StrEnum):
    """What kind of thing happened."""

    SERVICE = "service"
    PROGRAM = "program"
    SCAN = "scan"
    BATCH = "batch"
    NODE = "node"
    NEEDS = "needs"
    DONE = "done"
    RETRY = "retry"
    FAILED = "failed"
    TIMEOUT = "timeout"
    STALE = "stale"
    RESTART = "restart"
    TROUBLE = "trouble"
    BACKUP = "backup"
    RESULTS = "results"


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """`text` says it to a person; `figures` are measured values by name. The rest is what it concerns, if anything."""

    at: datetime
    kind: OccurrenceKind
    text: str
    camera_name: str | None = None
    video_id: str | None = None
    attempt: int | None = None
    node: str | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    occurrence_id: int | None = None
    """Its place in the history; None until it is kept."""

    @classmethod
    def now(cls, kind: OccurrenceKind, text: str, node: str | None = None, **figures: float) -> Self:
        """One that has just happened, to no video."""
        return cls(at=datetime.now(UTC), kind=kind, text=text, node=node, figures=figures)
