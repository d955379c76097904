"""A clip's name: what a person finds it by, the tracking codes before all else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from vtrack_ray.ledger.values import EventRow

_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
"""What no file's name may hold on one system or another: Drive's folders are copied to disks."""
_CODES_BYTES = 120
_CAMERA_BYTES = 80
"""File systems take 255 bytes: what is left is for the time, and for a number that a copy may be given."""


def clip_name(event: EventRow, zone: ZoneInfo) -> str:
    """`CODE CODE 14.03.22 camera.mp4`: the codes, the time of the start in that zone, and the camera.

    Codes that there is no room for are counted: `CODE +2 14.03.22 camera.mp4`. Names need not differ: files are told
    apart by their ids.
    """
    at = event.started_at.astimezone(zone)
    return f"{_codes(event.tracking_codes)} {at:%H.%M.%S} {_shortened(_fit(event.camera_name), _CAMERA_BYTES)}.mp4"


def _codes(codes: Sequence[str]) -> str:
    if not codes:
        return "no code"
    first, *others = map(_fit, codes)
    told = _shortened(first, _CODES_BYTES)
    for number, code in enumerate(others):
        longer = f"{told} {code}"
        if len(longer.encode()) > _CODES_BYTES:
            return f"{told} +{len(others) - number}"
        told = longer
    return told


def _fit(text: str) -> str:
    """The text without what names of files can't hold; bytes that are no UTF-8 as escapes."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _UNFIT.sub("_", text).strip(" .") or "_"


def _shortened(text: str, most_bytes: int) -> str:
    """The beginning of a text that is longer than that, and a mark that there was more."""
    if len(text.encode()) <= most_bytes:
        return text
    return text.encode()[: most_bytes - 3].decode("utf-8", "ignore") + "..."
