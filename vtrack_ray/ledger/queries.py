"""The named queries of the folder `sql`: `-- name: ...`, comment lines that describe it, one statement.

A line that ends in `-- if NAME` or `-- unless NAME` belongs to the statement only where that parameter is given, or is
not. DuckDB plans a statement before it knows its parameters: with `$cameras IS NULL OR ...` it can't leave out what
nobody asks for, and neither uses an index nor skips parts of a table. A parameter that is `Written` is part of the
statement itself, and so known to the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from types import MappingProxyType

from vtrack_ray.text import storable

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_CONDITION = re.compile(r" -- (if|unless) (\w+)$")
_PARAMETER = re.compile(r"\$(\w+)")


class Written(str):
    """A text that is written into a statement where its parameter is named, as a constant."""

    def quoted(self) -> str:
        """As SQL has it: nothing but the quotation mark itself means anything between quotation marks."""
        return "'" + self.replace("'", "''") + "'"


def one_or_more(one: str, more: str, texts: Sequence[str] | None) -> dict[str, object]:
    """The parameters of a query that takes a single text, written, as `one`, and several as the list `more`; None of
    them: neither. A list is a table to be joined, and takes twice as long as to look one up."""
    is_one = texts is not None and len(texts) == 1
    return {one: Written(storable(texts[0])) if texts and is_one else None, more: None if is_one else texts}


def named_queries(text: str) -> Iterator[tuple[str, str]]:
    """Each query of a file with its name. Raises ValueError for statements that have none."""
    head, *parts = _NAME.split(text)
    if any(line and not line.startswith("--") for line in head.splitlines()):
        raise ValueError(f"a statement without a name: {head.strip()[:80]}")
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        yield name, body.strip()


def has_conditions(query: str) -> bool:
    """Whether lines of the query belong to it only with some parameters."""
    return any(_CONDITION.search(line) for line in query.splitlines())


def for_parameters(query: str, parameters: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """The statement for these parameters, of which None is not given, and those of them that are left in it."""
    lines = []
    for line in query.splitlines():
        condition = _CONDITION.search(line)
        if not condition or (parameters[condition[2]] is not None) == (condition[1] == "if"):
            lines.append(line)
    used: dict[str, object] = {}

    def placed(found: re.Match[str]) -> str:
        value = parameters[found[1]]
        if isinstance(value, Written):
            return value.quoted()
        used[found[1]] = value
        return found[0]

    return _PARAMETER.sub(placed, "\n".join(lines)), used


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
CONDITIONAL = frozenset(name for name, query in QUERIES.items() if has_conditions(query))
"""The names of those with lines that depend on the parameters."""
