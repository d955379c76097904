from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from vtrack_ray.errors import LedgerDamaged, LedgerError
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.migrations import migrations

OTHER = Path("other.duckdb")


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations()] == list(range(1, len(migrations()) + 1))


def test_every_table_and_column_is_described(ledger: Ledger, path: Path) -> None:
    ledger.close()
    with duckdb.connect(path) as connection:
        bare = connection.execute(
            "SELECT table_name, NULL FROM duckdb_tables() WHERE comment IS NULL "
            "UNION ALL SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal"
        ).fetchall()
    assert bare == []


def test_opening_again_applies_nothing_twice(ledger: Ledger, path: Path) -> None:
    ledger.close()
    Ledger.open(path).close()
    with duckdb.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM schema_versions").fetchall() == [(len(migrations()),)]


def test_a_newer_schema_is_refused(ledger: Ledger, path: Path) -> None:
    ledger.close()
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO schema_versions VALUES (999, 'x', NULL)")
    with pytest.raises(LedgerDamaged, match=r"newer vtrack.*update vtrack"):
        Ledger.open(path)


def test_an_older_schema_is_not_read_as_if_it_were_new(ledger: Ledger, path: Path) -> None:
    ledger.close()
    with duckdb.connect(path) as connection:
        connection.execute("DELETE FROM schema_versions")
    with pytest.raises(LedgerError, match="older vtrack"):
        Ledger.open(path, read_only=True)


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / OTHER) as connection:
        connection.execute("CREATE TABLE theirs (a INTEGER)")
    with pytest.raises(LedgerDamaged, match="not one of vtrack's"):
        Ledger.open(tmp_path / OTHER)
    with duckdb.connect(tmp_path / OTHER) as connection:
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("theirs",)]
