"""Ranges: which bytes of a file a request asks for."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import NamedTuple

from vtrack_ray.api.refusals import Refusal

LONGEST = 4 * 2**20
"""What a range without an end comes to: browsers ask for the next one."""
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class Part(NamedTuple):
    """Bytes of a file, up to `end`, which is no longer part of it."""

    begin: int
    end: int
    is_all: bool


def part_of(asked: str, size: int) -> Part:
    """The bytes that a `Range` asks for; all of them where there is none, or one that can be left aside (RFC 9110).

    Raises Refusal where the file has no such bytes.
    """
    match = _RANGE.fullmatch(asked)
    if match is None or not any(match.groups()):
        return Part(0, size, is_all=True)
    first, last = match.groups()
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin = int(first)
        end = min(size, int(last) + 1 if last else begin + LONGEST)
        if last and int(last) < begin:
            return Part(0, size, is_all=True)
    if begin >= end:
        refused = {"Content-Range": f"bytes */{size}"}
        raise Refusal(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"The file has {size} bytes, and none there.", refused
        )
    return Part(begin, end, is_all=False)
