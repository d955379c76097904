"""A request: what one run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Request:
    """Files or folders to work off, and how."""

    paths: tuple[Path, ...]
    drive_folders: tuple[str, ...] = ()
    """Folders at Google Drive, named as sources are."""
    camera_name: str | None = None
    """The camera of all of them; otherwise the folder tells."""
    is_exhaustive: bool = False
    """Examine every picture."""
    is_forced: bool = False
    """Do again what is done already."""
