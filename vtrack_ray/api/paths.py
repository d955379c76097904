"""Paths from requests: only what lies inside a source, or another folder so set, may be named, whatever leads there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from vtrack_ray.api.refusals import Refusal
from vtrack_ray.ledger.answers import Answers
from vtrack_ray.sources.reach import is_at_drive, require_no_camera
from vtrack_ray.sources.walk import is_below

_IN_A_SOURCE = "file or folder in a source of this service; `vtrack source list` shows the sources"


def custom_place(path: str, camera_name: str | None, answers: Answers) -> str:
    """What Custom is to work on: a file or folder in a source; of one at Google Drive, all of it or a camera's folder.

    Raises Refusal, and SourceError where a camera is named for what is at Google Drive.
    """
    if not is_at_drive(path):
        return inside(path, answers.roots())
    require_no_camera(camera_name)
    if path not in {*answers.roots(), *(folder for _, folder in answers.drive_camera_folders())}:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{path!r} is no source at Google Drive, nor a camera's folder in one; "
            "`GET /get-camera-folders` shows these.",
        )
    return path


def inside(path: str, folders: Iterable[str], wanted: str = _IN_A_SOURCE) -> str:
    """The path without links and dots. Raises Refusal if it is not there, or lies in none of the folders.

    One sentence for both: nobody learns what there is elsewhere.
    """
    refusal = Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{path!r} is no {wanted}.")
    if not Path(path).is_absolute():
        raise refusal
    try:
        real = os.path.realpath(path, strict=True)
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        raise refusal from error
    if not any(is_below(real, os.path.realpath(folder)) for folder in folders):
        raise refusal
    return real
