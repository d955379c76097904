"""Reach: whether a source can be looked into, whatever kind it is of."""

from __future__ import annotations

from vtrack_ray.errors import SourceError
from vtrack_ray.meaning.drive_item import SCHEME
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import is_there


def is_at_drive(source: str) -> bool:
    """Whether a source, or a video's path, is at Google Drive."""
    return source.startswith(SCHEME)


def require_no_camera(camera_name: str | None) -> None:
    """Raises SourceError where somebody names the camera of what is at Google Drive: later looks would undo that."""
    if camera_name is not None:
        raise SourceError("At Google Drive, the folders' names are the cameras' names: leave the camera out")


def trouble_of(source: str, settings: Settings) -> str | None:
    """Why a source can't be looked into now; None if it can. Of Google Drive, it is asked there."""
    if not is_at_drive(source):
        return None if is_there(source) else f"{source} is not there"
    # Google's libraries are slow to import, and most have no source there.
    from vtrack_ray.sources.drive import trouble_with

    return trouble_with(source, settings)
