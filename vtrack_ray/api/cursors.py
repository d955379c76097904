"""Cursors: where the next page of a list begins, as text that clients hand back unread."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from http import HTTPStatus
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from vtrack_ray.api.refusals import Refusal

Place = TypeVar("Place")


def cursor_of(place: Place, kind: type[Place]) -> str:
    """The text that stands for a place in a list."""
    return urlsafe_b64encode(TypeAdapter(kind).dump_json(place)).decode("ascii")


def place_of(cursor: str | None, kind: type[Place]) -> Place | None:
    """The place that a cursor stands for. Raises Refusal."""
    if cursor is None:
        return None
    try:
        return TypeAdapter(kind).validate_json(urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, ValidationError) as error:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "This cursor is none that this list gave; begin without one."
        ) from error
