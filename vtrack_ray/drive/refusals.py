"""Refusals: what Google answered instead of doing as asked, and what it comes to for who asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from vtrack_ray.errors import (
    DriveChanged,
    DriveError,
    DriveExpired,
    DriveForbidden,
    DriveGone,
    DriveSignedOut,
    DriveTaken,
    DriveUnreachable,
)

_RATES = ("rateLimitExceeded", "userRateLimitExceeded")
_LATER = ("dailyLimitExceeded", "quotaExceeded", "downloadQuotaExceeded", "sharingRateLimitExceeded")
_AGAIN = "`vtrack drive login` signs in again"
_FORBIDDEN = {
    "accessNotConfigured": "the Google Drive API is not switched on in the account's Google Cloud project: do so in"
    " its console, under `APIs & Services`",
    "insufficientPermissions": f"signing in has not allowed this; {_AGAIN}, and tick every box",
    "appNotAuthorizedToFile": "a person's sign-in lets this program write in folders alone that it has made itself",
    "storageQuotaExceeded": "there is no storage left (a service account has none of its own: a folder in a shared"
    " drive has)",
}


@dataclass(frozen=True)
class Refusal:
    """An answer that is an error. `wait_s` is what its Retry-After asks for, 0 if nothing does."""

    status: int
    reason: str
    message: str
    uri: str
    wait_s: float

    @classmethod
    def of(cls, error: HttpError) -> Refusal:
        reason, message = _told(error.content)
        wait_s = _seconds(error.resp.get("retry-after", ""))
        return cls(error.resp.status, reason, message or error.resp.reason, error.uri or "", wait_s)

    @property
    def is_passing(self) -> bool:
        """Whether Google asks to try again in a moment."""
        return self.status in (408, 429) or self.status >= 500 or (self.status == 403 and self.reason in _RATES)

    def error(self, about: str) -> DriveError:
        """What is raised; `about` names what was asked for, such as a file."""
        said = f"{self.message} ({self.status})"
        match self.status:
            case _ if self.is_passing:
                return DriveUnreachable(f"Google Drive goes on refusing {about} for now: {said}")
            case 403 if self.reason in _LATER:
                return DriveUnreachable(f"Google Drive's quota for {about} is used up, until tomorrow perhaps: {said}")
            case 401:
                return DriveSignedOut(f"Google Drive no longer takes the account's sign-in: {said}; {_AGAIN}")
            case 403:
                return DriveForbidden(f"Google Drive refuses {about}: {_FORBIDDEN.get(self.reason, said)}")
            case 404:
                return DriveGone(f"Google Drive has nothing of {about}, or has not shared it with the account: {said}")
            case 409:
                return DriveTaken(f"Google Drive has {about} already: {said}")
            case 410:
                return DriveExpired(f"Google Drive no longer knows this page of {about}: {said}")
            case 400 if "pageToken=" in self.uri:
                return DriveExpired(f"Google Drive no longer knows this page of {about}: {said}")
            case 416:
                return DriveChanged(f"{about} ends sooner at Google Drive than it did: {said}")
            case _:
                return DriveError(f"Google Drive refuses {about}: {said}")


def of_sign_in(error: RefreshError) -> DriveError:
    """What a refused sign-in comes to."""
    code, said = _sign_in_told(error)
    if error.retryable or code in ("internal_failure", "server_error", "temporarily_unavailable"):
        return DriveUnreachable(f"Google gives out no access for now: {said}")
    if code == "invalid_grant" and ("timeframe" in said or "iat" in said):
        return DriveForbidden(
            f"Google refuses to sign in because this machine's clock is wrong: set it; it said: {said}"
        )
    if code in ("invalid_scope", "insufficient_scope"):
        return DriveSignedOut(f"Signing in has not allowed this ({said}); {_AGAIN}, and tick every box")
    if code in ("invalid_client", "unauthorized_client", "deleted_client"):
        return DriveSignedOut(f"Google no longer knows the OAuth client or the service account ({said}); {_AGAIN}")
    return DriveSignedOut(f"Google has revoked the account's access, or let it expire ({said}); {_AGAIN}")


def _sign_in_told(error: RefreshError) -> tuple[str, str]:
    for part in error.args:
        if isinstance(part, dict) and "error" in part:
            return str(part["error"]), str(part.get("error_description", part["error"]))
    return "", str(error.args[0]) if error.args else "it said nothing"


def _told(content: bytes) -> tuple[str, str]:
    """Reason and message of an answer's body; empty where it has none, as pages of proxies."""
    try:
        error = json.loads(content)["error"]
        first = (error.get("errors") or [{}])[0]
        return str(first.get("reason", error.get("status", ""))), str(error.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return "", ""


def _seconds(retry_after: str) -> float:
    """A Retry-After, which is a number of seconds or a date; 0 if it is neither."""
    if retry_after.isdigit():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
