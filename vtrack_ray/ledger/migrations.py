"""Migrations: the numbered files that bring a database to this version's schema."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
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
    tables = {name for (name,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        return 0
    if "schema_versions" not in tables:
        raise LedgerDamaged("is a DuckDB database, but not one of vtrack's; name another file")
    row = cursor.execute("SELECT coalesce(max(version), 0) FROM schema_versions").fetchone()
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


def definitions(tables: Sequence[str]) -> list[str]:
    """The statements that make these tables as they are once all migrations are applied, with their comments."""
    with closing(duckdb.connect(":memory:")) as connection:
        migrate(connection)
        made = connection.execute(
            "SELECT table_name, sql, comment FROM duckdb_tables() WHERE table_name IN (SELECT unnest($1))", [tables]
        ).fetchall()
        indexes = connection.execute(
            "SELECT sql FROM duckdb_indexes() WHERE table_name IN (SELECT unnest($1))", [tables]
        ).fetchall()
        columns = connection.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE table_name IN (SELECT unnest($1))",
            [tables],
        ).fetchall()
    return [
        *(sql for _, sql, _ in made),
        *(sql for (sql,) in indexes),
        *(f'COMMENT ON TABLE "{table}" IS {_quoted(comment)}' for table, _, comment in made if comment),
        *(f'COMMENT ON COLUMN "{table}"."{name}" IS {_quoted(comment)}' for table, name, comment in columns if comment),
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
    with closing(duckdb.connect(":memory:")) as connection:
        migrate(connection)
        found = connection.execute(
            "SELECT index_name, table_name, sql FROM duckdb_indexes() ORDER BY index_name"
        ).fetchall()
        return {name: (table, sql) for name, table, sql in found}


def table_names() -> list[str]:
    """The tables of a database to which all migrations are applied."""
    with closing(duckdb.connect(":memory:")) as connection:
        migrate(connection)
        return sorted(name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall())


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
