"""A transaction: named queries with values in and values out, all of them or none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from vtrack_ray import instants
from vtrack_ray.ledger.queries import CONDITIONAL, QUERIES, Written, for_parameters
from vtrack_ray.text import has_escapes, restored, storable

Row = dict[str, Any]

_MENDED = re.compile("VARCHAR|TIMESTAMP")
"""Column types whose values, at any depth, differ inside and outside the database."""
_PARSED: dict[str, duckdb.Statement] = {}
"""By its text, each statement that was run: to parse it takes a fifth of a look-up, and up to half of a long one."""


class Transaction:
    """Runs named queries on one cursor; instants go in and come out aware, text may hold any file name's bytes."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def run(self, name: str, **parameters: object) -> list[Row]:
        """All rows of the named query. Raises duckdb.Error."""
        names, rows = self._run(name, parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def tuples(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        """The same, each row's values in the order that the query names them. Raises duckdb.Error."""
        return list(self._run(name, parameters)[1])

    def _run(self, name: str, parameters: dict[str, object]) -> tuple[list[str], Iterable[tuple[Any, ...]]]:
        text = QUERIES[name]
        has_written = any(isinstance(value, Written) for value in parameters.values())
        if name in CONDITIONAL:
            text, parameters = for_parameters(text, parameters)
        # Of texts with a parameter's value in them there is no end.
        statement = text if has_written else self._parsed(text)
        self._cursor.execute(statement, {key: _inward(value) for key, value in parameters.items()})
        description = self._cursor.description or ()
        names = [column[0] for column in description]
        # Column by column: numbers need no look at each of them.
        columns = [
            _mended(str(column[1]), values)
            for column, values in zip(description, zip(*self._cursor.fetchall(), strict=True), strict=False)
        ]
        return names, zip(*columns, strict=True)

    def _parsed(self, text: str) -> duckdb.Statement:
        if text not in _PARSED:
            [_PARSED[text]] = self._cursor.extract_statements(text)
        return _PARSED[text]

    def remake(self, tables: Iterable[str], definitions: Iterable[str]) -> None:
        """Puts empty tables in the place of these, which may be damaged or missing. Raises duckdb.Error."""
        for table in tables:
            self._cursor.execute(f'DROP TABLE IF EXISTS "{table}"')
        for definition in definitions:
            self._cursor.execute(definition)


def _mended(kind: str, values: Sequence[Any]) -> Sequence[Any]:
    """A column's values as they are outside the database."""
    if kind == "VARCHAR":
        return [value if value is None else restored(value) for value in values]
    if kind == "JSON":
        return [value if value is None else _loaded(value) for value in values]
    if kind == "VARCHAR[]":
        return [value if value is None else [restored(item) for item in value] for value in values]
    if not _MENDED.search(kind):
        return values
    if "TIMESTAMP" not in kind and not has_escapes(repr(values)):
        return values  # to look at each text in nested values takes longer than to read them
    return [_outward(value) for value in values]


def rows_json(rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as one JSON parameter, which a query unnests: 20 times as quick as a statement for each row."""
    return json.dumps([{key: _in_json(value) for key, value in row.items()} for row in rows], ensure_ascii=False)


def _inward(value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, datetime):
        return instants.require_aware(value).replace(tzinfo=None)
    if isinstance(value, list | tuple):
        return [_inward(item) for item in value]
    return value


def _in_json(value: object) -> object:
    inward = _inward(value)
    return inward.isoformat() if isinstance(inward, datetime) else inward


def _loaded(text: str) -> object:
    value = json.loads(text)
    return _outward(value) if has_escapes(text) else value


def _outward(value: object) -> object:
    if isinstance(value, str):
        return restored(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    if isinstance(value, list | tuple):
        return [_outward(item) for item in value]
    if isinstance(value, dict):
        return {_outward(key): _outward(item) for key, item in value.items()}
    return value
