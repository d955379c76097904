"""An empty ledger, for tests of what works with one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import copied
from vtrack_ray.ledger.ledger import Ledger


@pytest.fixture
def ledger(empty_database: Path, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(copied(empty_database, tmp_path / "vtrack.duckdb")) as opened:
        yield opened
