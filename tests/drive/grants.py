"""Who may use the Drive: service accounts' keys, persons' consent, and the access tokens that come of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import google.auth.jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.drive.faults import CLOCK_SKEW, REVOKED, RefuseToken

PREFIX = "https://www.googleapis.com/auth/"
ROBOT = "robot@project-1.iam.gserviceaccount.com"
PERSON = "seller@example.com"
CLIENT_ID = "1-vtrack.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-of-the-tests"  # noqa: S105
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_BAD_CLIENT = RefuseToken("invalid_client", "Unauthorized", 401)
_LASTS_S = 3599
_AUDIENCE = "https://oauth2.googleapis.com/token"  # whatever address the key file names


@dataclass(frozen=True)
class Grant:
    """What an access token allows."""

    email: str
    scopes: frozenset[str]

    def has(self, *names: str) -> bool:
        return any(PREFIX + name in self.scopes for name in names)


@lru_cache(maxsize=1)
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Grants:
    """Those in force. `denies`: the person says no; `allows`: the scopes that the person ticks, None: all."""

    address: str
    denies: bool = False
    allows: frozenset[str] | None = None
    lasts_s: int = _LASTS_S
    access: dict[str, Grant] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, Grant] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    last_consent: str = ""
    """Where the browser was sent the last time."""
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def key_file(self) -> dict[str, str]:
        """A service account's key, as Google's console gives it for download."""
        secret = _key().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "project-1",
            "private_key_id": "key-1",
            "private_key": secret.decode(),
            "client_email": ROBOT,
            "client_id": "1",
            "token_uri": f"{self.address}/token",
        }

    def client_secrets(self) -> dict[str, dict[str, Any]]:
        """An OAuth client of the kind `Desktop app`, as Google's console gives it for download."""
        return {
            "installed": {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "project_id": "project-1",
                "auth_uri": f"{self.address}/o/oauth2/auth",
                "token_uri": f"{self.address}/token",
                "redirect_uris": ["http://localhost"],
            }
        }

    def refresh_token(self, *scopes: str) -> str:
        """As if a person had signed in and allowed the scopes, such as `drive.readonly`."""
        token = f"1//{next(self._numbers)}"
        self.refresh[token] = Grant(PERSON, frozenset(PREFIX + scope for scope in scopes))
        return token

    def revoke_all(self) -> None:
        """As when the person ends the access on Google's page."""
        self.refresh.clear()
        self.access.clear()

    def expire_access(self) -> None:
        self.access.clear()

    def consent(self, query: dict[str, str]) -> str:
        """Where the browser is sent when the person has decided."""
        if self.denies:
            answer = {"error": "access_denied", "state": query["state"]}
        else:
            code = f"4/{next(self._numbers)}"
            asked = frozenset(query["scope"].split())
            self.codes[code] = Grant(PERSON, asked if self.allows is None else asked & self.allows)
            answer = {"code": code, "state": query["state"], "scope": " ".join(sorted(self.codes[code].scopes))}
        self.last_consent = f"{query['redirect_uri']}?{urlencode(answer)}"
        return self.last_consent

    def exchange(self, form: dict[str, str]) -> dict[str, Any] | RefuseToken:
        """The token endpoint."""
        match form.get("grant_type"):
            case "refresh_token":
                return self._refreshed(form)
            case "authorization_code":
                return self._first(form)
            case grant if grant == _JWT:
                return self._of_key(form.get("assertion", ""))
            case other:
                return RefuseToken("unsupported_grant_type", f"Invalid grant_type: {other}")

    def revoke(self, form: dict[str, str]) -> dict[str, Any] | RefuseToken:
        token = form.get("token", "")
        if token not in self.refresh and token not in self.access:
            return RefuseToken("invalid_token", "Token expired or revoked")
        self.revoked.append(token)
        self.refresh.pop(token, None)
        self.access.pop(token, None)
        return {}

    def _is_client(self, form: dict[str, str]) -> bool:
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)

    def _refreshed(self, form: dict[str, str]) -> dict[str, Any] | RefuseToken:
        if not self._is_client(form):
            return _BAD_CLIENT
        grant = self.refresh.get(form.get("refresh_token", ""))
        if grant is None:
            return REVOKED
        asked = frozenset(form["scope"].split()) if form.get("scope") else grant.scopes
        if asked - grant.scopes:
            return RefuseToken("invalid_scope", "Bad Request")
        return self._issued(Grant(grant.email, asked))

    def _first(self, form: dict[str, str]) -> dict[str, Any] | RefuseToken:
        if not self._is_client(form):
            return _BAD_CLIENT
        grant = self.codes.pop(form.get("code", ""), None)
        if grant is None:
            return RefuseToken("invalid_grant", "Malformed auth code.")
        token = f"1//{next(self._numbers)}"
        self.refresh[token] = grant
        return self._issued(grant) | {"refresh_token": token}

    def _of_key(self, assertion: str) -> dict[str, Any] | RefuseToken:
        public = (
            _key()
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        try:
            # Google's library tells no types here.
            claims = google.auth.jwt.decode(assertion, certs=public, audience=_AUDIENCE)  # type: ignore[no-untyped-call]
        except ValueError as error:
            if "Token" in str(error) and ("early" in str(error) or "expired" in str(error)):
                return CLOCK_SKEW
            return RefuseToken("invalid_grant", "Invalid JWT Signature.")
        if claims["iss"] != ROBOT:
            return RefuseToken("invalid_grant", "Invalid grant: account not found")
        return self._issued(Grant(ROBOT, frozenset(claims["scope"].split())))

    def _issued(self, grant: Grant) -> dict[str, Any]:
        token = f"ya29.{next(self._numbers)}"
        self.access[token] = grant
        return {
            "access_token": token,
            "expires_in": self.lasts_s,
            "token_type": "Bearer",
            "scope": " ".join(sorted(grant.scopes)),
        }
