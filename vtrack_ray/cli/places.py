"""Places: what a person names to be worked on, files and folders here or folders at Google Drive."""

from __future__ import annotations

from vtrack_ray.settings import Settings
from vtrack_ray.sources.reach import require_no_camera

_DRIVE = "drive:"


def names_drive(text: str) -> bool:
    """Whether a text names a folder at Google Drive: `drive:FOLDER`, or as `vtrack source list` shows it."""
    return text.startswith(_DRIVE)


def drive_folder(text: str, camera_name: str | None, settings: Settings) -> str:
    """The folder's name for good. Raises SourceError if there is none, or a camera is named, and DriveError."""
    require_no_camera(camera_name)
    # Google's libraries are slow to import, and most have no source there.
    from vtrack_ray.sources.drive import found_folder

    return found_folder(text if text.startswith("drive://") else text.removeprefix(_DRIVE), settings).source
