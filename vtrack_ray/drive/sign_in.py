"""Signing in: a service account by its key, a person on Google's page; and signing out again."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import httplib2
from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
from googleapiclient.http import build_http
from oauthlib.oauth2 import OAuth2Error
from requests.exceptions import RequestException

from vtrack_ray.drive.account import OWN_SCOPE, READ_SCOPE, Account, Kind, Purpose
from vtrack_ray.drive.client import Drive, credentials
from vtrack_ray.errors import DriveError, DriveForbidden, DriveUnreachable

_SCOPES = {Purpose.SOURCE: READ_SCOPE, Purpose.RESULTS: OWN_SCOPE}
_NOBODY_LISTENS = "http://localhost:53999/"
"""Where Google sends a browser on another machine: it fails there, and its address is what is wanted."""
_LONGEST_S = 600
_PARTS = ("client_id", "client_secret", "auth_uri", "token_uri")
_SEEN = "You may close this window: the terminal says how it went."

Paste = Callable[[str], str]
"""Shows an address to a person, and gives the address that the browser has come to."""


def by_key(path: Path) -> Account:
    """The service account whose key Google's console has given as a file. Raises DriveError."""
    key = _read(path)
    if key.get("type") != "service_account":
        raise DriveError(f"{path} is no service account's key: in Google's console, it is made under `Keys`, as JSON")
    account = Account(kind=Kind.SERVICE_ACCOUNT, email=str(key.get("client_email", "")), scopes=(), secret=key)
    credentials(account, Purpose.SOURCE)
    return account


def by_consent(path: Path, purposes: Iterable[Purpose], paste: Paste | None = None) -> Account:
    """The person who allows it in a browser: one that is opened here, or, with `paste`, one on any machine.

    `path` is the file of an OAuth client for desktop programs; the account has no e-mail address yet. Raises
    DriveForbidden if the person does not allow all of it, DriveError for another file, DriveUnreachable.
    """
    client = _read(path)
    if "installed" not in client:
        raise DriveError(f"{path} is no OAuth client of the kind `Desktop app`: make one in Google's console")
    if missing := [part for part in _PARTS if part not in client["installed"]]:
        raise DriveError(f"{path} lacks {', '.join(missing)}, which an OAuth client has: download it anew")
    scopes = [_SCOPES[purpose] for purpose in purposes]
    flow = InstalledAppFlow.from_client_config({"installed": client["installed"]}, scopes)
    try:
        if paste is None:
            _in_browser(flow)
        else:
            _by_hand(flow, paste)
        session = flow.credentials
    except webbrowser.Error as error:
        raise DriveError("There is no browser on this machine; --no-browser does without one") from error
    except WSGITimeoutError as error:
        raise DriveError(f"Nobody has signed in within {_LONGEST_S // 60} minutes; start again") from error
    except Warning as error:  # so oauthlib says that other scopes than those asked for were allowed
        raise DriveForbidden("Not all was allowed that vtrack asks for: start again, and tick every box") from error
    except OAuth2Error as error:
        raise DriveForbidden(f"Google has not signed anybody in: {error.description or error.error}") from error
    except RequestException as error:
        raise DriveUnreachable(f"Google can't be reached to sign in: {error}") from error
    secret = {
        "client_id": session.client_id,
        "client_secret": session.client_secret,
        "refresh_token": session.refresh_token,
        "token_uri": session.token_uri,
    }
    return Account(kind=Kind.PERSON, email="", scopes=tuple(scopes), secret=secret)


def _in_browser(flow: Any) -> None:
    flow.run_local_server(
        port=0,
        authorization_prompt_message="If no browser opens here, open this address in one on this machine:\n\n{url}\n",
        success_message=_SEEN,
        timeout_seconds=_LONGEST_S,
        # Without it, Google gives a second sign-in no lasting token.
        prompt="consent",
    )


def _by_hand(flow: Any, paste: Paste) -> None:
    flow.redirect_uri = _NOBODY_LISTENS
    address, _state = flow.authorization_url(prompt="consent")
    # oauthlib takes answers by https alone, and this one has gone over no network.
    answer = paste(address).strip().replace("http:", "https:", 1)
    if not answer:
        raise DriveForbidden("Google has not signed anybody in: no address was given; start again")
    flow.fetch_token(authorization_response=answer)


def whose(drive: Drive) -> str:
    """The e-mail address of who is signed in. Raises DriveError, as `drive` does."""
    return str(drive.ask(drive.about.get(fields="user(emailAddress)"), "the account")["user"]["emailAddress"])


def revoke(account: Account) -> bool:
    """Has Google forget a person's sign-in; False: it had forgotten it already. Raises DriveUnreachable."""
    address = urljoin(account.secret["token_uri"], "revoke")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        with closing(build_http()) as transport:
            response, content = transport.request(
                address, "POST", body=urlencode({"token": account.secret["refresh_token"]}), headers=form
            )
    except (OSError, httplib2.HttpLib2Error) as error:
        raise DriveUnreachable(f"Google can't be reached to revoke the sign-in: {error}") from error
    if response.status == 400 and b"invalid_token" in content:
        return False
    if response.status != 200:
        raise DriveUnreachable(f"Google has not revoked the sign-in ({response.status} {response.reason})")
    return True


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DriveError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise DriveError(f"{path} is not JSON, as the files of Google's console are") from error
    if not isinstance(content, dict):
        raise DriveError(f"{path} is none of the files of Google's console")
    return content
