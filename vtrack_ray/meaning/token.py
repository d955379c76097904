"""A token: what somebody shows to use the HTTP service, and what it allows; kept so that it can't be read back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

_MARK = "vtrack_"
"""Shows what it is to whoever finds one where none should be."""
_BYTES = 32

NODES = "nodes"
"""The name of the service's own token, by which machines read what they do not see: it makes it at each start."""


class Scope(StrEnum):
    """What a token allows."""

    READ = "read"
    OPERATE = "operate"
    """To read, and to say what the service works on."""

    def allows(self, wanted: Scope) -> bool:
        return self is Scope.OPERATE or wanted is Scope.READ


@dataclass(frozen=True, kw_only=True)
class Token:
    """What is kept of a token; names of those in force differ."""

    name: str
    digest: str
    scope: Scope
    created_at: datetime


def new_secret() -> str:
    """A text that nobody guesses."""
    return _MARK + secrets.token_urlsafe(_BYTES)


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is as long as a key and as random: one round of hashing is enough."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
