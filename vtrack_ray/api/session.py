"""The session of a browser: signing in with a token, so that no page has to keep the token, and signing out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from vtrack_ray import instants
from vtrack_ray.api.access import COUNTERSIGN, NO_ACCESS, Asker, Caller, require_countersign, token_in_force
from vtrack_ray.api.asking import Asked, InForce, Zone
from vtrack_ray.api.limits import COOKIE
from vtrack_ray.api.refusals import Refusal, refusals
from vtrack_ray.meaning.sign_in import SignIn, countersign_of
from vtrack_ray.meaning.token import Scope, digest_of, new_secret
from vtrack_ray.records import Instant, Name

routes = APIRouter(prefix="/api/v1", tags=["Service"])

_NOT_IN_FORCE = refusals(HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)
_NOT_SIGNED_IN = NO_ACCESS | refusals(HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE)


class SigningIn(BaseModel):
    """Whoever signs in."""

    token: str = Field(description="a token that `vtrack token add NAME` has made", max_length=1000)


class Session(BaseModel):
    """Who asks, and what that allows."""

    token_name: Name | None = Field(description="the token's name; null: whoever is on this machine, where so set")
    scope: Scope = Field(description="read, or operate: to say what the service works on as well")
    csrf_token: str | None = Field(
        description=f"of a signed-in browser: what changes anything is sent with it, in the header {COUNTERSIGN}"
    )
    expires_at: Instant | None = Field(description="when the sign-in ends by itself; null: there is none")

    @classmethod
    def of(cls, caller: Caller, zone: ZoneInfo) -> Session:
        return cls(
            token_name=caller.token.name if caller.token else None,
            scope=caller.scope,
            csrf_token=caller.countersign,
            expires_at=instants.show(caller.sign_in.expires_at, zone) if caller.sign_in else None,
        )


@routes.post("/session", status_code=HTTPStatus.CREATED, responses=_NOT_IN_FORCE)
def sign_in(
    signing_in: SigningIn, request: Request, response: Response, answers: Asked, settings: InForce, zone: Zone
) -> Session:
    """Sign a browser in: it gets a cookie that no script can read, and that no other site's page makes use of."""
    token, secret, now = token_in_force(signing_in.token, answers), new_secret(), datetime.now(UTC)
    lasts = timedelta(hours=settings.SESSION_HOURS)
    begun = SignIn(digest=digest_of(secret), token=token, began_at=now, expires_at=now + lasts)
    if not answers.add_sign_in(begun):
        raise Refusal(HTTPStatus.UNAUTHORIZED, "This token was just revoked; `vtrack token add NAME` makes another.")
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_is_encrypted(request),
    )
    caller = Caller(scope=token.scope, token=token, sign_in=begun, countersign=countersign_of(secret))
    return Session.of(caller, zone)


@routes.get("/session", responses=NO_ACCESS | refusals(HTTPStatus.SERVICE_UNAVAILABLE))
def session(caller: Asker, zone: Zone) -> Session:
    """Who asks, and what that allows: a page that was loaded again learns its `csrf_token` from it."""
    return Session.of(caller, zone)


@routes.delete("/session", status_code=HTTPStatus.NO_CONTENT, responses=_NOT_SIGNED_IN)
def sign_out(caller: Asker, request: Request, response: Response, answers: Asked) -> None:
    """Sign the browser out."""
    if caller.sign_in is None:
        raise Refusal(HTTPStatus.CONFLICT, "No browser was signed in here; `vtrack token revoke NAME` ends a token.")
    require_countersign(request, caller)
    answers.end_sign_in(caller.sign_in.digest)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=_is_encrypted(request))


def _is_encrypted(request: Request) -> bool:
    """Whether the browser asks by HTTPS, as the web server before this service tells."""
    return "https" in (request.url.scheme, request.headers.get("X-Forwarded-Proto"))
