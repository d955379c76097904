"""One home for all Rays that the tests start in their own process, which keeps the first token that it sees there."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def _rays_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rays_home")


@pytest.fixture
def rays_home(_rays_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(_rays_folder))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
