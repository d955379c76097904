"""Access: who may ask for what. A token in force allows what its scope says; nothing else does, unless so set."""

from __future__ import annotations

import ipaddress
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from vtrack_ray.api.asking import Asked, InForce
from vtrack_ray.api.refusals import Refusal, refusals
from vtrack_ray.meaning.token import Scope, digest_of
from vtrack_ray.settings import Settings

_bearer = HTTPBearer(auto_error=False, description="A token that `vtrack token add NAME` has made.")
_Shown = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]

NO_ACCESS = refusals(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def may_read(request: Request, shown: _Shown, answers: Asked, settings: InForce) -> None:
    """Refuses who may not read."""
    _require(Scope.READ, request, shown, answers, settings)


def may_operate(request: Request, shown: _Shown, answers: Asked, settings: InForce) -> None:
    """Refuses who may not say what the service works on."""
    _require(Scope.OPERATE, request, shown, answers, settings)


READERS = Depends(may_read)
OPERATORS = Depends(may_operate)


def _require(wanted: Scope, request: Request, shown: _Shown, answers: Asked, settings: Settings) -> None:
    if shown is None:
        if settings.TRUST_LOOPBACK and _is_of_this_machine(request):
            return
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "Send a token with the request, as `Authorization: Bearer ...`; `vtrack token add NAME` makes one.",
            {"WWW-Authenticate": "Bearer"},
        )
    token = answers.token_of(digest_of(shown.credentials))
    if token is None:
        raise Refusal(
            HTTPStatus.UNAUTHORIZED,
            "This token is not in force; `vtrack token add NAME` makes one.",
            {"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    if not token.scope.allows(wanted):
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            f"The token {token.name!r} allows to {token.scope}; this needs one made with `--scope {wanted}`.",
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
