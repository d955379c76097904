"""Cursors: where the next page of a list begins, as text that clients hand back unread."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from http import HTTPStatus
from typing import TypeVar

from pydantic import TypeAdapter

from vtrack_ray.api.refusals import Refusal

LONGEST = 40_000
"""Holds a path of 4,096 bytes, each of which JSON may take six characters for."""

Place = TypeVar("Place")


def cursor_of(place: Place, kind: type[Place]) -> str:
    """The text that stands for a place in a list."""
    # Not by pydantic's JSON: it has no way to write a name that is no UTF-8.
    text = json.dumps(TypeAdapter(kind).dump_python(place, mode="json"), ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")


def place_of(cursor: str | None, kind: type[Place]) -> Place | None:
    """The place that a cursor stands for. Raises Refusal."""
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor.encode("ascii")).decode("utf-8", "surrogatepass")
        return TypeAdapter(kind).validate_python(json.loads(text))
    except (ValueError, RecursionError) as error:  # ValidationError is a ValueError
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "This cursor is none that this list gave; begin without one."
        ) from error
