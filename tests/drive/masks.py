"""The `fields` parameter: the parts of an answer that are wanted, such as `nextPageToken,files(id,owners/me)`."""

from __future__ import annotations

import re
from typing import Any

Mask = dict[str, Any]


class BadMask(Exception):
    """No such parts can be asked for."""


def parse(text: str) -> Mask:
    """The parts as nested dictionaries; an empty one: all of it. Raises BadMask."""
    tokens = re.findall(r"[\w*]+|[(),/]", text)
    if "".join(tokens) != re.sub(r"\s", "", text) or not tokens:
        raise BadMask(text)
    mask = _parts(tokens)
    if tokens:
        raise BadMask(text)
    return mask


def _parts(tokens: list[str]) -> Mask:
    mask: Mask = {}
    while tokens:
        at, name = mask, tokens.pop(0)
        while tokens[:1] == ["/"]:
            tokens.pop(0)
            at, name = at.setdefault(name, {}), tokens.pop(0)
        at[name] = {}
        if tokens[:1] == ["("]:
            tokens.pop(0)
            at[name] = _parts(tokens)
            if tokens[:1] != [")"]:
                raise BadMask("a bracket is not closed")
            tokens.pop(0)
        if tokens[:1] != [","]:
            break
        tokens.pop(0)
    return mask


def apply(mask: Mask, value: Any) -> Any:
    """The value with the wanted parts alone."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [apply(mask, one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: apply(mask[name], part) for name, part in value.items() if name in mask}
