from __future__ import annotations

from pathlib import Path

import pytest

from vtrack_ray import ledger
from vtrack_ray.ledger.queries import QUERIES, named_queries


def test_every_query_is_described() -> None:
    assert [name for name, query in QUERIES.items() if not query.startswith("-- ")] == []


def test_every_query_is_used() -> None:
    code = "".join(file.read_text() for file in Path(ledger.__file__).parent.glob("*.py"))
    unused = [name for name in QUERIES if f'"{name}"' not in code and not name.startswith("snapshot_")]
    assert unused == []


def test_a_statement_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="without a name"):
        list(named_queries("SELECT 1;\n-- name: two\nSELECT 2;"))
