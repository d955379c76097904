"""A source: where the service looks for videos, and what came of its last look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SourceKind(StrEnum):
    """What a source is."""

    FOLDER = "folder"
    DRIVE = "drive"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source. `source` names it for good: the root folder's path, or `drive://` and the id of a folder at Google
    Drive; `title` is that folder's name there. `trouble` says why it could not be looked into at `looked_at`."""

    source: str
    kind: SourceKind
    title: str | None = None
    looked_at: datetime | None = None
    trouble: str | None = None

    def __str__(self) -> str:
        return self.source if self.title is None else f"{self.title!r} at Google Drive ({self.source})"
