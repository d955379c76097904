"""Fields: a profile made of what a person gave, or a sentence on each thing that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from vtrack_ray.errors import ProfileError
from vtrack_ray.meaning.profile import SYMBOLOGIES, Profile

NAMES = tuple(Profile.model_fields)


def profile_of(fields: Mapping[str, Any]) -> Profile:
    """The profile of these fields, `camera_name` among them. Raises ProfileError, with a sentence for each fault."""
    try:
        return Profile.model_validate(dict(fields))
    except ValidationError as error:
        # A faulty area or list has a fault for each of its parts; one sentence says it.
        sentences = dict.fromkeys(_sentence(fault["loc"], fault.get("ctx", {}), fields) for fault in error.errors())
        camera_name = fields["camera_name"]
        raise ProfileError(f"The profile of camera {camera_name!r} was not set: " + "\n".join(sentences)) from error


def _sentence(where: tuple[int | str, ...], context: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    # Pydantic puts its own reasons there too, as bare text.
    own_words = str(context["error"]) if isinstance(context.get("error"), ValueError) else None
    if not where:
        return f"{own_words}."
    name = str(where[0])
    if name not in NAMES:
        near = get_close_matches(name, NAMES, n=1)
        return f"{name} is no field of a profile: " + (f"did you mean {near[0]}?" if near else f"it has {_all()}.")
    if own_words is not None:
        return f"{name}: {own_words}."
    return f"{name} is {fields[name]!r}, but must be {allowed(name)}."


def allowed(name: str) -> str:
    """What a field takes, in words: `a number more than 0, and at most 3600`."""
    match Profile.model_json_schema()["properties"][name]:
        case {"type": "number", "exclusiveMinimum": low, "maximum": high}:
            return f"a number more than {low:g}, and at most {high:g}"
        case {"type": "number", "minimum": low, "maximum": high}:
            return f"a number from {low:g} to {high:g}"
        case {"anyOf": [{"type": "number", "minimum": low, "maximum": high}, {"type": "null"}]}:
            return f"a number from {low:g} to {high:g}, or none"
        case {"type": "boolean"}:
            return "true or false"
        case {"type": "array"}:
            return f"a list of one or more of {', '.join(SYMBOLOGIES)}"
        case {"type": "string"}:
            return "a text that is not empty"
        case _ if name.endswith("_area"):
            return "[x, y, width, height] in whole pixels"
        case _:
            return "an instant with its time zone, such as 2026-11-01T08:00:00+07:00"


def _all() -> str:
    return ", ".join(name for name in NAMES if name != "camera_name")
