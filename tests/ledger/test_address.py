from __future__ import annotations

import os
from pathlib import Path

import pytest

from vtrack_ray.ledger.address import own_address, possible_addresses


def test_a_database_has_one_address_by_whatever_path(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path))
    (short_path / "link").symlink_to(short_path, target_is_directory=True)
    assert own_address(short_path / "link" / "v.duckdb") == own_address(short_path / "v.duckdb")
    assert own_address(short_path / "v.duckdb") != own_address(short_path / "w.duckdb")


def test_without_a_runtime_folder_the_users_own_temporary_one_is_taken(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(short_path))
    address = own_address(short_path / "v.duckdb")
    assert address.parent.parent == short_path
    address.touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path / "of a session"))
    assert possible_addresses(short_path / "v.duckdb") == [address]


def test_an_owner_in_a_runtime_folder_is_found_by_who_has_none(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtrack_ray.ledger.address._RUNTIME_FOLDERS", short_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path / str(os.getuid())))
    address = own_address(short_path / "v.duckdb")
    address.touch()
    for other in (None, str(short_path / "elsewhere")):
        if other is None:
            monkeypatch.delenv("XDG_RUNTIME_DIR")
        else:
            monkeypatch.setenv("XDG_RUNTIME_DIR", other)
        assert possible_addresses(short_path / "v.duckdb") == [address]
