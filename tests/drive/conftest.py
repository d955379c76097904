"""A Drive of its own for each test, and accounts that may use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import copied
from tests.drive.grants import CLIENT_ID, CLIENT_SECRET, PERSON, PREFIX, ROBOT
from tests.drive.server import Google, serve
from tests.drive.shop import IMPATIENT, Opening, Shop, opened_shop
from vtrack_ray.drive.account import Account, Kind, Purpose
from vtrack_ray.drive.client import Drive

Client = Callable[..., Drive]


@pytest.fixture
def google() -> Iterator[Google]:
    with serve() as served:
        yield served


@pytest.fixture
def robot(google: Google) -> Account:
    """A service account."""
    return Account(kind=Kind.SERVICE_ACCOUNT, email=ROBOT, scopes=(), secret=google.grants.key_file())


@pytest.fixture
def person(google: Google) -> Account:
    """Somebody who has allowed to read all and to write what the program makes."""
    scopes = ("drive.readonly", "drive.file")
    secret = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": google.grants.refresh_token(*scopes),
        "token_uri": f"{google.address}/token",
    }
    return Account(kind=Kind.PERSON, email=PERSON, scopes=tuple(PREFIX + one for one in scopes), secret=secret)


@pytest.fixture
def client(google: Google, person: Account) -> Iterator[Client]:
    """Makes clients that wait little: `client()`, `client(robot, Purpose.RESULTS)`."""
    with ExitStack() as opened:

        def made(account: Account = person, purpose: Purpose = Purpose.SOURCE, **more: Any) -> Drive:
            return opened.enter_context(Drive(account, purpose, google.address, patience=IMPATIENT, **more))

        yield made


@pytest.fixture
def opened(google: Google, person: Account, empty_database: Path) -> Iterator[Opening]:
    """Opens shops, each with the database of a path."""
    with ExitStack() as ledgers:

        def shop(path: Path) -> Shop:
            made = opened_shop(copied(empty_database, path), google, person)
            ledgers.enter_context(made.ledger)
            return made

        yield shop


@pytest.fixture
def shop(opened: Opening, tmp_path: Path) -> Shop:
    return opened(tmp_path / "shop.duckdb")
