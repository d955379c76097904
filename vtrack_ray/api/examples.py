"""Examples of what requests hold, for the specification."""

from __future__ import annotations

from pydantic import ConfigDict, JsonValue


def example(*bodies: dict[str, JsonValue]) -> ConfigDict:
    """The configuration of a model whose specification shows these."""
    return ConfigDict(json_schema_extra={"examples": list(bodies)})
