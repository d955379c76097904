"""Sources added and removed over HTTP: only below the folders that are set for it, whatever leads there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from tests.api.serving import app
from tests.conftest import copied
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.settings import Settings


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    """With a folder of two cameras in it, a file, and a way out."""
    allowed = tmp_path / "allowed"
    for camera in ("cam1", "cam2"):
        (allowed / "recordings" / camera).mkdir(parents=True)
    (allowed / "file.mp4").touch()
    (tmp_path / "elsewhere").mkdir()
    (allowed / "way out").symlink_to(tmp_path / "elsewhere")
    return allowed


@pytest.fixture
def ledger(empty_database: Path, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(copied(empty_database, tmp_path / "vtrack.duckdb")) as opened, Door(opened):
        yield opened


@pytest.fixture
def url(ledger: Ledger, allowed: Path) -> Iterator[str]:
    with app(Settings(DB=ledger.path, TRUST_LOOPBACK=True, SOURCE_ROOTS=(allowed,))) as address:
        yield f"{address}/api/v1/sources"


def test_a_source_is_added_and_removed(url: str, ledger: Ledger, allowed: Path) -> None:
    root = str(allowed / "recordings")
    for _ in range(2):
        answer = requests.post(url, json={"source": f"{root}/cam1/.."}, timeout=10)
        assert (answer.status_code, answer.json()["source"], answer.json()["is_there"]) == (201, root, True)
    assert requests.get(url, timeout=10).json() == [answer.json()]
    assert requests.delete(url, params={"source": root}, timeout=10).status_code == 204
    assert ledger.roots() == []
    again = requests.delete(url, params={"source": root}, timeout=10)
    assert (again.status_code, "SOURCE_ROOTS" in again.json()["error"]) == (404, True)


@pytest.mark.parametrize(
    "path", ["..", "way out", "../elsewhere", "../allowed-too", "nowhere", "file.mp4", "/etc", "", "a\0b"]
)
def test_nothing_else_is(url: str, ledger: Ledger, allowed: Path, path: str) -> None:
    answer = requests.post(url, json={"source": str(allowed / path) if path else ""}, timeout=10)
    assert answer.status_code == 422
    assert "folder" in answer.json()["error"]
    assert ledger.roots() == []


def test_a_source_elsewhere_stays(url: str, ledger: Ledger, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    ledger.add_root(elsewhere, datetime.now(UTC))
    assert requests.delete(url, params={"source": elsewhere}, timeout=10).status_code == 404
    assert ledger.roots() == [elsewhere]


def test_where_no_folder_is_set_for_it_a_sentence_says_so(ledger: Ledger, allowed: Path) -> None:
    with app(Settings(DB=ledger.path, TRUST_LOOPBACK=True)) as address:
        answer = requests.post(f"{address}/api/v1/sources", json={"source": str(allowed)}, timeout=10)
    assert (answer.status_code, "`vtrack source`" in answer.json()["error"]) == (403, True)
