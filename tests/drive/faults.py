"""What goes wrong between a client and Drive: each is switched on by itself, for so many requests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Refuse:
    """An answer that is an error, as Drive words it."""

    status: int
    reason: str
    message: str
    domain: str = "global"
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        error = {"domain": self.domain, "reason": self.reason, "message": self.message}
        return json.dumps({"error": {"errors": [error], "code": self.status, "message": self.message}}).encode()


@dataclass(frozen=True)
class RefuseToken:
    """An answer of the token endpoint that is an error."""

    error: str
    description: str
    status: int = 400
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        return json.dumps({"error": self.error, "error_description": self.description}).encode()


@dataclass(frozen=True)
class Cut:
    """The connection ends. `after` None: before the request is worked on; else after so many bytes of the answer's body
    (0: not even its head is sent), when what was asked for is done."""

    after: int | None = None


@dataclass(frozen=True)
class Drop:
    """The connection ends when so many bytes of an upload's part have come, which are kept."""

    received: int


@dataclass(frozen=True)
class Slow:
    """The answer takes so long to begin, or, with `each_bytes`, to go on after each so many bytes."""

    seconds: float
    each_bytes: int | None = None


@dataclass(frozen=True)
class Misfit:
    """The content of a file is so many bytes longer (shorter, if negative) than asked for; the head agrees with it."""

    by: int


@dataclass(frozen=True)
class Shifted:
    """The content of a file begins so many bytes later than asked for; the head says so."""

    by: int


@dataclass(frozen=True)
class Whole:
    """The range asked for is passed over: the whole file comes, with 200, as some proxies do."""


Fault = Refuse | RefuseToken | Cut | Drop | Slow | Misfit | Shifted | Whole

UNAUTHORISED = Refuse(401, "authError", "Invalid Credentials")
RATE_LIMIT = Refuse(403, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits")
USER_RATE_LIMIT = Refuse(403, "userRateLimitExceeded", "User Rate Limit Exceeded", "usageLimits")
DAILY_LIMIT = Refuse(403, "dailyLimitExceeded", "Daily Limit Exceeded", "usageLimits")
DOWNLOAD_QUOTA = Refuse(
    403, "downloadQuotaExceeded", "The download quota for this file has been exceeded.", "usageLimits"
)
STORAGE_QUOTA = Refuse(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.")
FORBIDDEN = Refuse(403, "insufficientFilePermissions", "The user does not have sufficient permissions for this file.")
SCOPES = Refuse(
    403, "insufficientPermissions", "Insufficient Permission: Request had insufficient authentication scopes."
)
NOT_DOWNLOADABLE = Refuse(403, "cannotDownloadFile", "This file cannot be downloaded by the user.")
API_OFF = Refuse(
    403,
    "accessNotConfigured",
    "Google Drive API has not been used in project 1 before or it is disabled.",
    "usageLimits",
)
NOT_FOUND = Refuse(404, "notFound", "File not found: .")
TIMEOUT = Refuse(408, "requestTimeout", "Request Timeout")
TOO_MANY = Refuse(429, "rateLimitExceeded", "Too Many Requests", "usageLimits", (("Retry-After", "1"),))
BACKEND = Refuse(500, "backendError", "Backend Error")
BAD_GATEWAY = Refuse(502, "badGateway", "Bad Gateway")
UNAVAILABLE = Refuse(503, "backendError", "The service is currently unavailable.")
GATEWAY_TIMEOUT = Refuse(504, "gatewayTimeout", "Gateway Timeout")
EXPIRED_PAGE = Refuse(400, "invalid", "Invalid Value")
EXPIRED_CHANGES = Refuse(410, "pageTokenExpired", "The page token has expired: list the files in full again.")
REVOKED = RefuseToken("invalid_grant", "Token has been expired or revoked.")
CLOCK_SKEW = RefuseToken(
    "invalid_grant",
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    " Check your iat and exp values in the JWT claim.",
)


@dataclass
class Switched:
    """A fault and the requests it comes to: those of a method, and with a part of the path, while `times` lasts."""

    fault: Fault
    times: int
    method: str | None
    path: str

    def takes(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in (None, method) and self.path in path


class Faults:
    """Those that are switched on."""

    def __init__(self) -> None:
        self._switched: list[Switched] = []

    def on(self, fault: Fault, times: int = 1, method: str | None = None, path: str = "") -> None:
        """For the next `times` requests of a method whose path (with its query) contains a text."""
        self._switched.append(Switched(fault, times, method, path))

    def off(self) -> None:
        self._switched.clear()

    def next(self, method: str, path: str) -> Any:
        """The fault for a request, or None."""
        for switched in self._switched:
            if switched.takes(method, path):
                switched.times -= 1
                return switched.fault
        return None
