"""A program: what the service was asked to work on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ProgramKind(StrEnum):
    """First: the recordings of some days, once. Default: whatever the sources hold, again and again. Custom: a path."""

    FIRST = "first"
    DEFAULT = "default"
    CUSTOM = "custom"


class ProgramState(StrEnum):
    """Where a program stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in (ProgramState.DONE, ProgramState.STOPPED, ProgramState.FAILED)


@dataclass(frozen=True, kw_only=True)
class ProgramRequest:
    """What is asked for: `days` of First, from 1 to 365; `custom_path` and perhaps `camera_name` of Custom.

    `is_forced` has Custom do again what is done already.
    """

    kind: ProgramKind
    days: int | None = None
    custom_path: str | None = None
    camera_name: str | None = None
    is_forced: bool = False


@dataclass(frozen=True, kw_only=True)
class Program:
    """A request, and what became of it; `reason` says why it was stopped or could not be done, for a person."""

    program_id: int
    request: ProgramRequest
    state: ProgramState
    reason: str | None
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def kind(self) -> ProgramKind:
        return self.request.kind

    def __str__(self) -> str:
        match self.kind:
            case ProgramKind.FIRST:
                return f"First Run over {self.request.days} days"
            case ProgramKind.DEFAULT:
                return "Default"
            case ProgramKind.CUSTOM:
                return f"Custom of {self.request.custom_path}"
