"""Paths from requests: only what lies inside a source, or another folder so set, may be named, whatever leads there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from vtrack_ray.api.refusals import Refusal
from vtrack_ray.sources.walk import is_below

_IN_A_SOURCE = "file or folder in a source of this service; `vtrack source list` shows the sources"


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
