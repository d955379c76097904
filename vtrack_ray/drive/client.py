"""Drive's client: Google's own library, bound to an account and an address, and asked patiently."""

from __future__ import annotations

import http.client
import json
import logging
import time
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Any, Self, TypeVar
from urllib.parse import urljoin

import google.oauth2.credentials
import google.oauth2.service_account
import google_auth_httplib2
import httplib2
from google.auth.credentials import Credentials
from google.auth.exceptions import RefreshError, TransportError
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import HttpRequest, build_http

from vtrack_ray.drive.account import Account, Kind, Purpose
from vtrack_ray.drive.patience import Patience
from vtrack_ray.drive.refusals import Refusal, of_sign_in
from vtrack_ray.errors import DriveError, DriveSignedOut, DriveUnreachable

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")
_CUT = (OSError, http.client.HTTPException, httplib2.HttpLib2Error, TransportError)
_TIMEOUT_S = 60.0
_STARTS = 3
"""How often an upload is begun, should Google forget what came of it."""
_RESOURCES = ("about", "changes", "drives", "files")


class _Unfit(Exception):
    """An answer was not as long as what was asked for."""


class Drive:
    """Google Drive for one thread; to be closed.

    Requests are made by Google's library and given to `ask`: `drive.ask(drive.files.get(fileId=...), "the folder")`.
    Every method raises DriveUnreachable if Google can't be reached or refuses for now, after as many tries as
    `patience` has; DriveSignedOut, DriveForbidden, DriveGone, DriveExpired and others of DriveError at once.
    """

    def __init__(
        self,
        account: Account,
        purpose: Purpose,
        endpoint: str,
        *,
        patience: Patience | None = None,
        timeout_s: float = _TIMEOUT_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        transport = build_http()
        transport.timeout = timeout_s
        # Renews access by itself, when it ends and when an answer is 401.
        self._http = google_auth_httplib2.AuthorizedHttp(credentials(account, purpose), http=transport)
        self._service = build_from_document(_document(endpoint), http=self._http)
        self._patience = patience or Patience()
        self._sleep = sleep
        self.files = self._service.files()
        self.changes = self._service.changes()
        self.drives = self._service.drives()
        self.about = self._service.about()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends its connections."""
        self._service.close()

    def ask(self, request: HttpRequest, about: str) -> Any:
        """What Google answers; `about` names what is asked for, for the sentence of an error."""
        return self._patiently(request.execute, about)

    def read(self, file_id: str, start: int, size: int, about: str) -> bytes:
        """The `size` bytes (at least one) of a file's content from `start` on: just as many, or an error."""
        request = self.files.get_media(fileId=file_id, supportsAllDrives=True)
        request.headers["range"] = f"bytes={start}-{start + size - 1}"
        ranges: list[str] = []
        request.add_response_callback(lambda response: ranges.append(response.get("content-range", "bytes 0-")))

        def attempt() -> bytes:
            content: bytes = request.execute()
            if len(content) != size or not ranges[-1].startswith(f"bytes {start}-"):
                raise _Unfit(f"{len(content)} bytes came where {size} were asked for from {start} on")
            return content

        return self._patiently(attempt, about)

    def upload(self, make: Callable[[], HttpRequest], about: str) -> dict[str, Any]:
        """Sends a file in parts, each of which is tried again by itself; what Google says of the file.

        `make` makes the request, with a resumable MediaUpload; once more if Google has forgotten the parts.
        """
        starts = 0
        while True:
            request = make()
            starts += 1
            try:
                return self._in_parts(request, about)
            except DriveError as error:
                cause = error.__cause__
                is_forgotten = isinstance(cause, HttpError) and cause.resp.status in (404, 410)
                if not is_forgotten or request.resumable_uri is None or starts == _STARTS:
                    raise
                _logger.warning("Google has forgotten the parts of %s: they are sent again", about)

    def _in_parts(self, request: HttpRequest, about: str) -> dict[str, Any]:
        made: dict[str, Any] | None = None
        while made is None:
            _, made = self._patiently(request.next_chunk, about)
        return made

    def _patiently(self, attempt: Callable[[], _T], about: str) -> _T:
        failed = 0
        while True:
            try:
                return attempt()
            except HttpError as error:
                refusal = Refusal.of(error)
                cause, raised, wait_s, passes = error, refusal.error(about), refusal.wait_s, refusal.is_passing
            except RefreshError as error:
                raised, wait_s = of_sign_in(error), 0.0
                cause, passes = error, isinstance(raised, DriveUnreachable)
            except (*_CUT, _Unfit) as error:
                raised = DriveUnreachable(f"Google Drive can't be reached for {about}: {_text(error)}")
                cause, wait_s, passes = error, 0.0, True
            failed += 1
            pause_s = self._patience.pause_s(failed, wait_s) if passes else None
            if pause_s is None:
                raise raised from cause
            _logger.warning("%s; tried again in %.1f s", raised, pause_s)
            self._sleep(pause_s)


def credentials(account: Account, purpose: Purpose) -> Credentials:
    """What gets access tokens for a purpose: one for all clients of this process. Raises DriveSignedOut."""
    try:
        return _credentials(account.kind, json.dumps(account.secret, sort_keys=True), account.scope(purpose))
    except (ValueError, TypeError) as error:
        raise DriveSignedOut(f"The Google account that is kept can't be used: {error}; sign in again") from error


@lru_cache(maxsize=8)
def _credentials(kind: Kind, secret: str, scope: str) -> Credentials:
    """Threads may share them, each with a transport of its own (googleapis.github.io/google-api-python-client,
    "Thread Safety"): so access is asked for once, and a key, which takes 0.04 s to check, is read once."""
    known = json.loads(secret)
    if kind is Kind.SERVICE_ACCOUNT:
        of_service = google.oauth2.service_account.Credentials.from_service_account_info
        found: Credentials = of_service(known, scopes=[scope])  # type: ignore[no-untyped-call]
    else:
        found = google.oauth2.credentials.Credentials(token=None, scopes=[scope], **known)  # type: ignore[no-untyped-call]
    return found


def _text(error: Exception) -> str:
    return str(error) or type(error).__name__


@lru_cache(maxsize=4)
def _document(endpoint: str) -> str:
    """What the library knows of Drive's methods, with another address in it.

    `client_options` would do for all but uploads, which go by `rootUrl` alone.
    """
    text = (files("googleapiclient") / "discovery_cache" / "documents" / "drive.v3.json").read_text("utf-8")
    document = json.loads(text)
    document["rootUrl"] = urljoin(endpoint, "/")
    document.pop("mtlsRootUrl", None)
    # A class is made of each resource and each of its methods: of those that nothing here asks for, in vain.
    document["resources"] = {name: document["resources"][name] for name in _RESOURCES}
    return json.dumps(document)
