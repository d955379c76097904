"""The tables of tokens and of sign-ins by them: who may use the HTTP service."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Any

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.transaction import Row
from vtrack_ray.meaning.sign_in import SignIn
from vtrack_ray.meaning.token import Scope, Token


class Tokens(Database):
    """Queries about tokens and sign-ins."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked for with each request. Every change goes through the process that holds the file, so it is never out of
        # date.
        self._in_force: dict[str, Token] = {}
        self._revoked = 0
        self._keeping = Lock()

    def tokens(self) -> list[Token]:
        """The tokens in force, by name."""
        with self._reading() as transaction:
            return [_token_of(row) for row in transaction.run("tokens")]

    def token_of(self, digest: str) -> Token | None:
        """The token in force of that digest, if there is one."""
        if kept := self._in_force.get(digest):
            return kept
        revoked = self._revoked
        with self._asking() as transaction:
            found = transaction.run("token_of", digest=digest)
        if not found:
            return None
        token = _token_of(found[0])
        with self._keeping:
            if revoked == self._revoked:  # else it may be this one
                self._in_force[digest] = token
        return token

    def add_token(self, token: Token) -> bool:
        """Puts a token in force, and says whether it did: one of the same name stays."""
        with self._changing() as transaction:
            return bool(
                transaction.run(
                    "insert_token",
                    token_name=token.name,
                    digest=token.digest,
                    scope=str(token.scope),
                    created_at=token.created_at,
                )
            )

    def revoke_token(self, name: str) -> bool:
        """Has a token no longer be in force, nor what was signed in by it, and says whether there was one."""
        try:
            with self._changing() as transaction:
                transaction.run("delete_sign_ins_by", token_name=name)
                return bool(transaction.run("delete_token", token_name=name))
        finally:
            with self._keeping:
                self._revoked += 1
                self._in_force.clear()

    def add_sign_in(self, sign_in: SignIn) -> bool:
        """Keeps a sign-in while its token is in force, and says whether it is; drops those whose time is up."""
        with self._changing() as transaction:
            transaction.run("delete_expired_sign_ins", at=sign_in.began_at)
            if not transaction.run("token_of", digest=sign_in.token.digest):
                return False
            transaction.run(
                "insert_sign_in",
                digest=sign_in.digest,
                token_name=sign_in.token.name,
                began_at=sign_in.began_at,
                expires_at=sign_in.expires_at,
            )
            return True

    def sign_in_of(self, digest: str, at: datetime) -> SignIn | None:
        """The sign-in of that digest, if there is one and its time is not up."""
        with self._asking() as transaction:
            found = transaction.run("sign_in_of", digest=digest, at=at)
        return _sign_in_of(digest, found[0]) if found else None

    def end_sign_in(self, digest: str) -> bool:
        """Ends a sign-in, and says whether there was one."""
        with self._changing() as transaction:
            return bool(transaction.run("delete_sign_in", digest=digest))


def _sign_in_of(digest: str, row: Row) -> SignIn:
    return SignIn(digest=digest, token=_token_of(row), began_at=row["began_at"], expires_at=row["expires_at"])


def _token_of(row: Row) -> Token:
    return Token(name=row["token_name"], digest=row["digest"], scope=Scope(row["scope"]), created_at=row["created_at"])
