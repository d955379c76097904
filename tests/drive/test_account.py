"""The account's file: whose it is, what it asks for, and who may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vtrack_ray.drive.account import (
    ALL_SCOPE,
    OWN_SCOPE,
    READ_SCOPE,
    Account,
    Kind,
    Purpose,
    account_path,
    forget_account,
    keep_account,
    load_account,
)
from vtrack_ray.errors import DriveError, DriveSignedOut

PERSON = Account(
    kind=Kind.PERSON,
    email="a@example.com",
    scopes=(READ_SCOPE,),
    secret={"refresh_token": "1//secret", "token_uri": "x"},
)
ROBOT = Account(kind=Kind.SERVICE_ACCOUNT, email="r@example.com", scopes=(), secret={"private_key": "secret"})


def test_comes_back_as_it_was_kept_beside_the_database(tmp_path: Path) -> None:
    path = account_path(tmp_path / "new folder" / "vtrack.duckdb")
    assert path == tmp_path / "new folder" / "vtrack-drive.json"
    for account in (PERSON, ROBOT):
        keep_account(path, account)
        assert load_account(path) == account
    assert list(path.parent.iterdir()) == [path]


def test_nobody_else_may_read_it_whatever_lay_there_before(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    path.write_text("{}")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        keep_account(path, PERSON)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_its_text_shows_no_secret(tmp_path: Path) -> None:
    assert "secret" not in f"{PERSON!r}{PERSON}"
    path = tmp_path / "account.json"
    path.write_text(PERSON.model_dump_json().replace("person", "1//secret"))
    with pytest.raises(DriveError, match="vtrack drive login") as caught:
        load_account(path)
    assert "1//secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nobody_is_signed_in_before_and_after(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    forget_account(path)
    keep_account(path, PERSON)
    forget_account(path)
    with pytest.raises(DriveSignedOut, match="vtrack drive login"):
        load_account(path)


def test_what_can_t_be_read_or_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    with pytest.raises(DriveError, match="can't be read"):
        load_account(tmp_path / "a folder")
    with pytest.raises(DriveError, match="can't be written"):
        keep_account(tmp_path / "a folder", PERSON)
    with pytest.raises(DriveError, match="can't be deleted"):
        forget_account(tmp_path / "a folder")
    assert list(tmp_path.iterdir()) == [tmp_path / "a folder"], "nothing is left behind"


def test_asks_for_the_least_that_serves() -> None:
    assert PERSON.scope(Purpose.SOURCE) == ROBOT.scope(Purpose.SOURCE) == READ_SCOPE
    assert PERSON.scope(Purpose.RESULTS) == OWN_SCOPE
    assert ROBOT.scope(Purpose.RESULTS) == ALL_SCOPE
    assert [PERSON.may(purpose) for purpose in Purpose] == [True, False]
    assert all(ROBOT.may(purpose) for purpose in Purpose)
