"""Limits: how much one request may send, how many one client may make, and what browsers are told with each answer."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vtrack_ray.api.refusals import said

LARGEST_BODY = 1_000_000
"""Bytes: some ten thousand tracking codes."""
_MOST_CLIENTS = 10_000
_LONGEST_S = 30.0
"""How long a request may take to come in."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class Limits:
    """ASGI middleware; `rate` is requests a second, of which a client may make ten seconds' worth at once."""

    def __init__(self, app: ASGIApp, rate: float) -> None:
        self._app = app
        self._rate = rate
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        wait_s = self._wait_s(_client(scope, headers))
        if wait_s > 0:
            refusal = said(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"These are too many requests; ask again in {wait_s:.0f} s.",
                {"Retry-After": f"{wait_s:.0f}"},
            )
            await refusal(scope, receive, send_with_headers)
            return
        try:
            async with asyncio.timeout(_LONGEST_S):
                body = await _body(headers, receive)
        except TimeoutError:
            sentence = f"The request did not come to its end in {_LONGEST_S:.0f} s; send it again."
            await said(HTTPStatus.REQUEST_TIMEOUT, sentence)(scope, receive, send_with_headers)
            return
        if body is None:
            sentence = f"The request is too large; send at most {LARGEST_BODY:,} bytes at once."
            await said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)(scope, receive, send_with_headers)
            return
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_on() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, receive_on, send_with_headers)

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


def _client(scope: Scope, headers: Headers) -> str:
    """By its token or cookie, since all those behind a proxy share an address; else by its address."""
    return headers.get("authorization") or headers.get("cookie") or (scope["client"][0] if scope.get("client") else "")
