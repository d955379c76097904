"""The named queries of the folder `sql`: `-- name: ...`, comment lines that describe it, one statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import resources
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def named_queries(text: str) -> Iterator[tuple[str, str]]:
    """Each query of a file with its name. Raises ValueError for statements that have none."""
    head, *parts = _NAME.split(text)
    if any(line and not line.startswith("--") for line in head.splitlines()):
        raise ValueError(f"a statement without a name: {head.strip()[:80]}")
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        yield name, body.strip()


def _load() -> Mapping[str, str]:
    queries: dict[str, str] = {}
    for file in resources.files("vtrack_ray.ledger").joinpath("sql").iterdir():
        for name, body in named_queries(file.read_text(encoding="utf-8")):
            if name in queries:
                raise ValueError(f"two queries are named {name}")
            queries[name] = body
    return MappingProxyType(queries)


QUERIES = _load()
"""Every named query, by name."""
