"""An account at Google Drive: what it signs in with, and the file that this is kept in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vtrack_ray.errors import DriveError, DriveSignedOut

_PREFIX = "https://www.googleapis.com/auth/"
READ_SCOPE = _PREFIX + "drive.readonly"
OWN_SCOPE = _PREFIX + "drive.file"
"""Allows the files that this program has made, and no others: Google's least for writing."""
ALL_SCOPE = _PREFIX + "drive"


class Kind(StrEnum):
    """Whose account it is."""

    SERVICE_ACCOUNT = "service account"
    PERSON = "person"


class Purpose(StrEnum):
    """What Drive is used for; each has access tokens of its own."""

    SOURCE = "source"
    RESULTS = "results"


class Account(BaseModel):
    """What signs in: a value, so that a process may hand it to another.

    `secret` is a service account's key as Google gives it, or `client_id`, `client_secret`, `refresh_token` and
    `token_uri` of a person.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    email: str
    scopes: tuple[str, ...]
    """What a person has allowed; a service account asks for what it needs each time."""
    secret: dict[str, Any] = Field(repr=False)

    def may(self, purpose: Purpose) -> bool:
        """Whether a person has allowed this; what a service account may is settled where folders are shared."""
        return self.kind is Kind.SERVICE_ACCOUNT or self.scope(purpose) in self.scopes

    def scope(self, purpose: Purpose) -> str:
        """The least that serves.

        To write, a person's sign-in asks for files of this program alone. A service account sees no file but those that
        were shared with it, and with that scope not even them: it asks for all of what it sees.
        """
        if purpose is Purpose.SOURCE:
            return READ_SCOPE
        return OWN_SCOPE if self.kind is Kind.PERSON else ALL_SCOPE


def account_path(database: Path) -> Path:
    """The account's file: beside the database, as everything that the service keeps."""
    return database.with_name(f"{database.stem}-drive.json")


def load_account(path: Path) -> Account:
    """Who is signed in. Raises DriveSignedOut if nobody is, DriveError if the file can't be read."""
    try:
        return Account.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise DriveSignedOut("Nobody is signed in at Google Drive; `vtrack drive login` does it") from None
    except OSError as error:
        raise DriveError(f"{path}, which holds the Google account, can't be read: {error.strerror}") from error
    except ValidationError:
        # Without its cause, which quotes the file: it holds a secret.
        raise DriveError(f"{path} holds no Google account any more; `vtrack drive login` makes it anew") from None


def kept_account(path: Path) -> Account | None:
    """Who is signed in, to hand it to a job elsewhere; None if nobody is: then the job itself tells what is wrong."""
    try:
        return load_account(path)
    except DriveError:
        return None


_in_force: ContextVar[Account | None] = ContextVar("account", default=None)


@contextmanager
def signed_in_as(account: Account | None) -> Iterator[None]:
    """Has Drive asked with that account, on whatever machine this is; None: with the one that is kept here."""
    before = _in_force.set(account)
    try:
        yield
    finally:
        _in_force.reset(before)


def account_in_force(path: Path) -> Account:
    """The account that was handed to this job, or the one that is kept. Raises DriveSignedOut, DriveError."""
    return _in_force.get() or load_account(path)


def keep_account(path: Path, account: Account) -> None:
    """Writes the file as a whole or not at all, readable by its owner alone. Raises DriveError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp's files are readable by their owner alone from the start.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(account.model_dump_json())
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DriveError(f"{path}, which is to hold the Google account, can't be written: {error.strerror}") from error


def forget_account(path: Path) -> None:
    """Deletes the file, if there is one. Raises DriveError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DriveError(f"{path}, which holds the Google account, can't be deleted: {error.strerror}") from error
