"""Limits: how much one request may send, how many one client may make, and what browsers are told with each answer."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from http import HTTPStatus

from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vtrack_ray.api.refusals import said
from vtrack_ray.meaning.token import digest_of

COOKIE = "vtrack_session"

LARGEST_BODY = 1_000_000
"""Bytes: some ten thousand tracking codes."""
MOST_AT_ONCE = 1024
"""Requests. Most of them wait for slow clients: no more than a few dozens are worked on, in threads."""
_MOST_CLIENTS = 10_000
_ASK_AGAIN_S = 2
_LONGEST_S = 30.0
"""How long a request may take to come in."""
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)


class Known:
    """Tokens and sign-ins that were in force when they were shown last, by their digests; the latest ones."""

    def __init__(self) -> None:
        self._digests: OrderedDict[str, None] = OrderedDict()

    def add(self, digest: str) -> None:
        self._digests[digest] = None
        self._digests.move_to_end(digest)
        if len(self._digests) > _MOST_CLIENTS:
            self._digests.popitem(last=False)

    def discard(self, digest: str) -> None:
        self._digests.pop(digest, None)

    def __contains__(self, digest: str) -> bool:
        return digest in self._digests


class Limits:
    """ASGI middleware; `rate` is requests a second, of which a client may make ten seconds' worth at once.

    Beyond `most` at once, from whomever, requests are refused.
    """

    def __init__(self, app: ASGIApp, rate: float, known: Known, most: int = MOST_AT_ONCE) -> None:
        self._app = app
        self._rate = rate
        self._known = known
        self._most = most
        self._at_once = 0
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                names = {name for name, _ in given}
                message["headers"] = [*given, *(header for header in _HEADERS if header[0] not in names)]
            await send(message)

        if self._at_once >= self._most:
            sentence = f"More requests are under way than can be answered at once; ask again in {_ASK_AGAIN_S} s."
            refusal = said(HTTPStatus.SERVICE_UNAVAILABLE, sentence, {"Retry-After": str(_ASK_AGAIN_S)})
            await refusal(scope, receive, send_with_headers)
            return
        self._at_once += 1
        try:
            await self._limited(scope, receive, send_with_headers)
        finally:
            self._at_once -= 1

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        wait_s = self._wait_s(self._client(scope, headers))
        if wait_s > 0:
            refusal = said(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"These are too many requests; ask again in {wait_s:.0f} s.",
                {"Retry-After": f"{wait_s:.0f}"},
            )
            await refusal(scope, receive, send)
            return
        try:
            async with asyncio.timeout(_LONGEST_S):
                body = await _body(headers, receive)
        except TimeoutError:
            sentence = f"The request did not come to its end in {_LONGEST_S:.0f} s; send it again."
            await said(HTTPStatus.REQUEST_TIMEOUT, sentence)(scope, receive, send)
            return
        if body is None:
            sentence = f"The request is too large; send at most {LARGEST_BODY:,} bytes at once."
            await said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)(scope, receive, send)
            return
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_on() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, receive_on, send)

    def _client(self, scope: Scope, headers: Headers) -> str:
        """By its token or sign-in, since all those behind a proxy share an address; else by its address.

        What is not known to be in force counts for nothing: whoever makes up a token for each request is one client.
        """
        secret = _secret(headers)
        if secret and (digest := digest_of(secret)) in self._known:
            return digest
        return scope["client"][0] if scope.get("client") else ""

    def _wait_s(self, client: str) -> float:
        """How long the client has to wait; 0 if it may go on, which is counted."""
        now, burst = time.monotonic(), 10 * self._rate
        left, at = self._clients.pop(client, (burst, now))
        left = min(burst, left + (now - at) * self._rate)
        may_go_on = left >= 1
        self._clients[client] = (left - 1 if may_go_on else left, now)
        if len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        return 0.0 if may_go_on else max(1.0, (1 - left) / self._rate)


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body, or what came of it before the client left; None if it is too large."""
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > LARGEST_BODY:
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _secret(headers: Headers) -> str | None:
    """What the client shows of itself."""
    if authorization := headers.get("authorization"):
        return get_authorization_scheme_param(authorization)[1]
    cookies = headers.get("cookie")
    return cookie_parser(cookies).get(COOKIE) if cookies else None
