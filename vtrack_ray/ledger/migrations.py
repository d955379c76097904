"""Migrations: the numbered files that bring a database to this version's schema."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import NamedTuple

import duckdb

from vtrack_ray.errors import LedgerDamaged, LedgerError

_VERSIONS = """
CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, name VARCHAR NOT NULL, applied_at TIMESTAMP);
COMMENT ON TABLE schema_versions IS 'The migrations this database has gone through.';
COMMENT ON COLUMN schema_versions.version IS 'Number of the migration.';
COMMENT ON COLUMN schema_versions.name IS 'File name of the migration.';
COMMENT ON COLUMN schema_versions.applied_at IS 'When it was applied (UTC).';
"""

NAMED_INDEXES = frozenset({"clips_by_event", "event_codes_by_key", "events_by_id", "logs_by_video"})
"""Those of `index_definitions`, which takes 0.2 s to find out: too long for each time that a database is opened."""


class Migration(NamedTuple):
    version: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All migrations in order."""
    files = resources.files("vtrack_ray.ledger").joinpath("migrations").iterdir()
    found = [Migration(int(file.name[:4]), file.name, file.read_text("utf-8")) for file in files]
    return sorted(found)


def schema_version(cursor: duckdb.DuckDBPyConnection) -> int:
    """The version of the schema in the database; 0 for an empty one. Raises LedgerDamaged for somebody else's."""
    try:
        row = cursor.execute("SELECT coalesce(max(version), 0) FROM schema_versions").fetchone()
    except duckdb.CatalogException:
        # Asked for in need only: to list the tables takes a fifth of the time that a database is opened in.
        if cursor.execute("SELECT 1 FROM duckdb_tables()").fetchone():
            raise LedgerDamaged("is a DuckDB database, but not one of vtrack's; name another file") from None
        return 0
    return int(row[0]) if row else 0


def check(cursor: duckdb.DuckDBPyConnection) -> list[Migration]:
    """The migrations still to be applied. Raises LedgerDamaged if a newer vtrack made the database."""
    known = migrations()
    version = schema_version(cursor)
    if version > known[-1].version:
        raise LedgerDamaged(
            f"was made by a newer vtrack (schema {version}, this one knows {known[-1].version}); update vtrack"
        )
    return [migration for migration in known if migration.version > version]


def require_current(cursor: duckdb.DuckDBPyConnection) -> None:
    """Raises LedgerError if the schema is older than this version's, as a reader can't change it."""
    missing = check(cursor)
    if missing and not cursor.execute("SELECT 1 FROM duckdb_tables()").fetchone():
        raise LedgerError(
            "holds nothing: no run has begun yet, or its log was damaged. Put a backup in its place "
            "(`vtrack db restore FILE`), or start with `vtrack run`"
        )
    if missing:
        raise LedgerError("was made by an older vtrack; run `vtrack run` once to bring it up to date")


class _Schema(NamedTuple):
    """What a database consists of once all migrations are applied."""

    tables: Sequence[tuple[str, str, str | None]]  # name, statement, comment
    indexes: Sequence[tuple[str, str, str]]  # name, table, statement
    columns: Sequence[tuple[str, str, str | None]]  # table, name, comment


@cache
def _schema() -> _Schema:
    with closing(duckdb.connect(":memory:")) as connection:
        migrate(connection)
        tables, indexes, columns = (
            connection.execute(query).fetchall()
            for query in (
                "SELECT table_name, sql, comment FROM duckdb_tables() ORDER BY ALL",
                "SELECT index_name, table_name, sql FROM duckdb_indexes() ORDER BY ALL",
                "SELECT table_name, column_name, comment FROM duckdb_columns() ORDER BY ALL",
            )
        )
        return _Schema(tables, indexes, columns)


def definitions(tables: Sequence[str]) -> list[str]:
    """The statements that make these tables as they are once all migrations are applied, with their comments."""
    schema = _schema()
    return [
        *(sql for table, sql, _ in schema.tables if table in tables),
        *(sql for _, table, sql in schema.indexes if table in tables),
        *(
            f'COMMENT ON TABLE "{table}" IS {_quoted(comment)}'
            for table, _, comment in schema.tables
            if table in tables and comment
        ),
        *(
            f'COMMENT ON COLUMN "{table}"."{name}" IS {_quoted(comment)}'
            for table, name, comment in schema.columns
            if table in tables and comment
        ),
    ]


def drop_indexes(connection: duckdb.DuckDBPyConnection) -> None:
    """Drops all that have a name. Raises duckdb.Error."""
    connection.execute("BEGIN")
    for (name,) in connection.execute("SELECT index_name FROM duckdb_indexes()").fetchall():
        connection.execute(f'DROP INDEX "{name}"')
    connection.execute("COMMIT")


def make_indexes(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes those that are missing of the tables that are there, from the rows. Raises duckdb.Error.

    DuckDB keeps a new index in memory until the next checkpoint: with one after each, there is need of memory for one
    at a time.
    """
    there = {name for (name,) in connection.execute("SELECT index_name FROM duckdb_indexes()").fetchall()}
    if there >= NAMED_INDEXES:
        return
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    for name, (table, sql) in index_definitions().items():
        if table in tables and name not in there:
            connection.execute(sql)
            connection.execute("CHECKPOINT")


def index_definitions() -> dict[str, tuple[str, str]]:
    """By name, the table and the statement of each index of a database to which all migrations are applied."""
    return {name: (table, sql) for name, table, sql in _schema().indexes}


def table_names() -> list[str]:
    """The tables of a database to which all migrations are applied."""
    return [name for name, _, _ in _schema().tables]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def migrate(cursor: duckdb.DuckDBPyConnection) -> None:
    """Applies what is missing, each migration in a transaction of its own."""
    for migration in check(cursor):
        cursor.execute("BEGIN")
        cursor.execute(_VERSIONS)
        cursor.execute(migration.sql)
        applied_at = datetime.now(UTC).replace(tzinfo=None)
        cursor.execute("INSERT INTO schema_versions VALUES (?, ?, ?)", [migration.version, migration.name, applied_at])
        cursor.execute("COMMIT")
