from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import copied
from vtrack_ray.ledger.ledger import Ledger


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name; pytest's own grow with each run and each test's name."""
    with tempfile.TemporaryDirectory(prefix="vtrack-test-") as folder:
        yield Path(folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "vtrack.duckdb"


@pytest.fixture
def ledger(empty_database: Path, path: Path) -> Iterator[Ledger]:
    with Ledger.open(copied(empty_database, path)) as opened:
        yield opened
