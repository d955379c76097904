"""The table of tokens: who may use the HTTP service."""

from __future__ import annotations

from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.transaction import Row
from vtrack_ray.meaning.token import Scope, Token


class Tokens(Database):
    """Queries about tokens."""

    def tokens(self) -> list[Token]:
        """The tokens in force, by name."""
        with self._reading() as transaction:
            return [_token_of(row) for row in transaction.run("tokens")]

    def token_of(self, digest: str) -> Token | None:
        """The token in force of that digest, if there is one."""
        with self._reading() as transaction:
            found = transaction.run("token_of", digest=digest)
        return _token_of(found[0]) if found else None

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
        """Has a token no longer be in force, and says whether there was one."""
        with self._changing() as transaction:
            return bool(transaction.run("delete_token", token_name=name))


def _token_of(row: Row) -> Token:
    return Token(name=row["token_name"], digest=row["digest"], scope=Scope(row["scope"]), created_at=row["created_at"])
