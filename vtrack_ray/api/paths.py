"""Paths from requests: only what lies inside a source may be named, whatever leads there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

from vtrack_ray.api.refusals import Refusal
from vtrack_ray.sources.walk import is_below


def inside(path: str, sources: Iterable[str]) -> str:
    """The path without links and dots. Raises Refusal if it is not there, or lies in none of the sources.

    One sentence for both: nobody learns what there is elsewhere.
    """
    refusal = Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{path!r} is no file or folder in a source of this service; `vtrack source list` shows the sources.",
    )
    if not Path(path).is_absolute():
        raise refusal
    try:
        real = os.path.realpath(path, strict=True)
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        raise refusal from error
    if not any(is_below(real, os.path.realpath(source)) for source in sources):
        raise refusal
    return real
