"""Records as the command line prints them: as JSON, as CSV, or as rows of a table."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

Record = dict[str, Any]


def print_records(records: Sequence[Record], columns: Sequence[str], output: str, empty: str) -> None:
    """Prints records as `json`, `csv` or `table`; the latter two with `columns` alone."""
    match output:
        case "json":
            click.echo(json_text(records))
        case "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([_cell(record[column]) for column in columns] for record in records)
        case _:
            _print_table(records, columns, empty)


def json_text(value: object, indent: int | None = 2) -> str:
    """The value as JSON that `printable` would leave as it is: with JSON's own escapes, which programs read back."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def counted(count: int, thing: str) -> str:
    """So many of a thing, whose name takes an `s` in the plural."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def printable(text: str) -> str:
    """The text with bytes that are no UTF-8, and what would move a terminal's cursor or colours, as escapes."""
    decent = text.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in decent)


def _print_table(records: Sequence[Record], columns: Sequence[str], empty: str) -> None:
    if not records:
        click.echo(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        is_number = isinstance(records[0][column], int | float)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for record in records:
        table.add_row(*(_cell(record[column]) for column in columns))
    # A pipe has no width: nothing is cut off there.
    Console(width=None if sys.stdout.isatty() else 1000, highlight=False, markup=False, emoji=False).print(table)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.2f}"
        case str():
            return printable(value)
        case list():
            return " ".join(printable(str(item)) for item in value)
        case _:
            return str(value)
