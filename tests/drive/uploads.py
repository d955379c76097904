"""Uploads in parts: what has come of each so far, until it is whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.drive.faults import Refuse

_PART = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_MULTIPLE = 256 * 1024

Finish = Callable[[bytes], dict[str, Any]]


@dataclass
class Upload:
    """One under way; `finish` makes a file of its bytes."""

    finish: Finish
    received: bytearray = field(default_factory=bytearray)
    made: dict[str, Any] | None = None


@dataclass
class Uploads:
    """Those under way, by the id in their address."""

    under_way: dict[str, Upload] = field(default_factory=dict)

    def begin(self, finish: Finish) -> str:
        upload_id = f"upload-{len(self.under_way) + 1}"
        self.under_way[upload_id] = Upload(finish)
        return upload_id

    def keep(self, upload_id: str, part: bytes, content_range: str) -> None:
        """The beginning of a part that was cut off."""
        upload = self.under_way[upload_id]
        if found := _PART.fullmatch(content_range):
            _put(upload, int(found[1] or 0), part)

    def go_on(self, upload_id: str, part: bytes, content_range: str) -> dict[str, Any] | int | Refuse:
        """The file, if it is whole now; else how many bytes of it have come."""
        upload = self.under_way.get(upload_id)
        if upload is None:
            return Refuse(404, "notFound", "No such upload session.")
        if upload.made is not None:
            return upload.made
        found = _PART.fullmatch(content_range or f"bytes 0-{len(part) - 1}/{len(part)}")
        if found is None:
            return Refuse(400, "badRequest", f"Failed to parse Content-Range header {content_range}.")
        if found[1] is not None:
            if int(found[2]) - int(found[1]) + 1 != len(part) or int(found[1]) > len(upload.received):
                return Refuse(400, "badRequest", "The part does not follow on what has come.")
            if int(found[2]) + 1 != int(found[3] if found[3] != "*" else -1) and len(part) % _MULTIPLE:
                return Refuse(400, "badRequest", "A part's size must be a multiple of 256 KiB.")
            _put(upload, int(found[1]), part)
        if found[3] != "*" and len(upload.received) == int(found[3]):
            upload.made = upload.finish(bytes(upload.received))
            return upload.made
        return len(upload.received)


def _put(upload: Upload, at: int, part: bytes) -> None:
    upload.received[at : at + len(part)] = part
