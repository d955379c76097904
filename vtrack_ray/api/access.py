"""Access: who may ask for what. A token in force, or a browser signed in by one, may do what its scope says.

Nothing else may do anything, unless so set.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from vtrack_ray.api.asking import Asked, InForce
from vtrack_ray.api.limits import COOKIE, Known
from vtrack_ray.api.refusals import Refusal, refusals
from vtrack_ray.ledger.answers import Answers
from vtrack_ray.meaning.sign_in import SignIn, countersign_of
from vtrack_ray.meaning.token import Scope, Token, digest_of

COUNTERSIGN = "X-CSRF-Token"

_bearer = HTTPBearer(auto_error=False, description="A token that `vtrack token add NAME` has made.")
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    description=f"What `POST /api/v1/session` has set; whatever changes something needs the header {COUNTERSIGN} too.",
)
_Shown = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
_Kept = Annotated[str | None, Security(_cookie)]

NO_ACCESS = refusals(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, and how that is known."""

    scope: Scope
    token: Token | None
    """None: whoever is on this machine."""
    sign_in: SignIn | None = None
    countersign: str | None = None
    """What goes with its changes, if it is a browser that was signed in."""


def _caller(request: Request, shown: _Shown, kept: _Kept, answers: Asked, settings: InForce) -> Caller:
    known: Known = request.app.state.known
    if shown is not None:
        digest = digest_of(shown.credentials)
        try:
            token = token_in_force(shown.credentials, answers)
        except Refusal:
            known.discard(digest)
            raise
        known.add(digest)
        return Caller(scope=token.scope, token=token)
    if kept is not None:
        digest = digest_of(kept)
        if sign_in := answers.sign_in_of(digest, datetime.now(UTC)):
            known.add(digest)
            scope = sign_in.token.scope
            return Caller(scope=scope, token=sign_in.token, sign_in=sign_in, countersign=countersign_of(kept))
        known.discard(digest)
    if settings.TRUST_LOOPBACK and _is_of_this_machine(request):
        return Caller(scope=Scope.OPERATE, token=None)
    raise Refusal(
        HTTPStatus.UNAUTHORIZED,
        "Send a token with the request, as `Authorization: Bearer ...`; `vtrack token add NAME` makes one."
        if kept is None
        else "You are signed in no longer; sign in again with a token.",
        {"WWW-Authenticate": "Bearer"},
    )


Asker = Annotated[Caller, Depends(_caller)]


def token_in_force(secret: str, answers: Answers) -> Token:
    """The token. Raises Refusal if it is none, or none any more."""
    token = answers.token_of(digest_of(secret))
    if token is None:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "This token is not in force; `vtrack token add NAME` makes one.",
            {"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return token


async def may_read(caller: Asker) -> None:
    """Refuses who may not read."""
    _require(Scope.READ, caller)


async def may_operate(request: Request, caller: Asker) -> None:
    """Refuses who may not say what the service works on."""
    _require(Scope.OPERATE, caller)
    require_countersign(request, caller)


READERS = Depends(may_read)
OPERATORS = Depends(may_operate)


def require_countersign(request: Request, caller: Caller) -> None:
    """Refuses what another site's page may have had a browser send. Raises Refusal."""
    shown = request.headers.get(COUNTERSIGN, "")
    if caller.countersign and not compare_digest(shown.encode("utf-8", "replace"), caller.countersign.encode()):
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            f"Send the `csrf_token` of `GET /api/v1/session` along, in the header {COUNTERSIGN}.",
        )


def _require(wanted: Scope, caller: Caller) -> None:
    if caller.token and not caller.scope.allows(wanted):
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            f"The token {caller.token.name!r} allows to {caller.scope}; this needs one made with `--scope {wanted}`.",
        )


def _is_of_this_machine(request: Request) -> bool:
    """Whether it comes from this machine, and is meant for it: a web page elsewhere may have its own name lead here."""
    named = request.url.hostname or ""
    return (
        request.client is not None
        and _is_loopback(request.client.host)
        and (named == "localhost" or _is_loopback(named))
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
