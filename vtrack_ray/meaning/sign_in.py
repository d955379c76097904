"""A sign-in: a browser that may do for some hours what a token allows, without keeping the token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from vtrack_ray.meaning.token import Token


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """What is kept of a sign-in: the digest of the secret that the browser was given, and what holds for it."""

    digest: str
    token: Token
    began_at: datetime
    expires_at: datetime


def countersign_of(secret: str) -> str:
    """What a page shows beside its browser's secret when it changes something.

    A browser sends the secret along with whatever any page asks for; only a page that may read this service's answers
    can know the countersign.
    """
    return sha256(b"countersign of " + secret.encode("utf-8", "surrogatepass")).hexdigest()
