"""ZBar: the library behind the second opinion on barcodes, if it is installed."""

from __future__ import annotations

from functools import cache
from typing import Any

from vtrack_ray.errors import ToolMissing


@cache
def pyzbar_here() -> Any:
    try:
        from pyzbar import pyzbar
    except ImportError as error:
        raise ToolMissing("zbar is not installed; install its library (Debian: apt-get install libzbar0)") from error
    return pyzbar


def missing_library() -> str | None:
    """The library that is needed to read codes and is not installed on this machine, if one is."""
    try:
        pyzbar_here()
    except ToolMissing:
        return "zbar"
    return None
