"""Browsers that are signed in: what they may do, what other sites' pages can't have them do, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
import requests

from tests.api.serving import app
from tests.conftest import copied
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.token import Scope, Token, digest_of, new_secret
from vtrack_ray.settings import Settings

PAUSED = {"is_paused": True}


@pytest.fixture
def ledger(empty_database: Path, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(copied(empty_database, tmp_path / "vtrack.duckdb")) as opened, Door(opened):
        yield opened


@pytest.fixture
def settings(ledger: Ledger) -> Settings:
    return Settings(DB=ledger.path)


def token(ledger: Ledger, name: str, scope: Scope = Scope.OPERATE) -> str:
    secret = new_secret()
    ledger.add_token(Token(name=name, digest=digest_of(secret), scope=scope, created_at=datetime.now(UTC)))
    return secret


def signed_in(address: str, secret: str, browser: requests.Session) -> str:
    answer = browser.post(f"{address}/api/v1/session", json={"token": secret}, timeout=10)
    assert answer.status_code == 201, answer.text
    countersign: str = answer.json()["csrf_token"]
    return countersign


def test_a_browser_is_signed_in_and_out(ledger: Ledger, settings: Settings) -> None:
    secret = token(ledger, "Lan")
    with app(settings) as address, requests.Session() as browser:
        url = f"{address}/api/v1/session"
        assert "`vtrack token add NAME`" in browser.get(url, timeout=10).json()["error"]
        countersign = signed_in(address, secret, browser)
        jar: CookieJar = browser.cookies  # a mapping of names as well, but what it goes through are cookies
        [cookie] = jar
        assert cookie.value is not None
        assert cookie.value not in (secret, countersign)
        assert not cookie.secure, "it would not be sent back without encryption"
        held = browser.get(url, timeout=10).json()
        assert (held["token_name"], held["scope"], held["csrf_token"]) == ("Lan", "operate", countersign)
        assert browser.get(f"{address}/api/v1/pause", timeout=10).ok
        assert browser.post(f"{address}/query", json={}, timeout=10).ok, "reading needs no countersign"

        assert browser.delete(url, timeout=10).status_code == 403
        assert browser.delete(url, headers={"X-CSRF-Token": countersign}, timeout=10).status_code == 204
        assert not list(browser.cookies)
        kept = browser.get(url, cookies={"vtrack_session": cookie.value}, timeout=10)
        assert (kept.status_code, "sign in again" in kept.json()["error"]) == (401, True)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(ledger: Ledger, settings: Settings) -> None:
    secret = token(ledger, "Lan")
    with app(settings) as address:
        answer = requests.post(
            f"{address}/api/v1/session", json={"token": secret}, headers={"X-Forwarded-Proto": "https"}, timeout=10
        )
    flags = {flag.strip().lower() for flag in answer.headers["Set-Cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "secure", "path=/", "max-age=43200"} <= flags


@pytest.mark.parametrize("shown", [None, "", "0" * 64, "Ü"])
def test_what_changes_anything_needs_what_only_the_services_own_pages_know(
    ledger: Ledger, settings: Settings, shown: str | None
) -> None:
    with app(settings) as address, requests.Session() as browser:
        countersign = signed_in(address, token(ledger, "Lan"), browser)
        url = f"{address}/api/v1/pause"
        headers = {} if shown is None else {"X-CSRF-Token": shown.encode()}
        refused = browser.put(url, json=PAUSED, headers=headers, timeout=10)
        assert refused.status_code == 403
        assert "X-CSRF-Token" in refused.json()["error"]
        assert not ledger.is_paused()
        assert browser.put(url, json=PAUSED, headers={"X-CSRF-Token": countersign}, timeout=10).ok
        assert ledger.is_paused()


def test_it_allows_no_more_than_its_token_and_ends_with_it(ledger: Ledger, settings: Settings) -> None:
    with app(settings) as address, requests.Session() as browser, requests.Session() as another:
        secret = token(ledger, "reader", Scope.READ)
        countersign = signed_in(address, secret, browser)
        signed_in(address, token(ledger, "other"), another)
        url = f"{address}/api/v1/pause"
        refused = browser.put(url, json=PAUSED, headers={"X-CSRF-Token": countersign}, timeout=10)
        assert (refused.status_code, "--scope operate" in refused.json()["error"]) == (403, True)
        ledger.revoke_token("reader")
        assert browser.get(url, timeout=10).status_code == 401
        assert another.get(url, timeout=10).ok
        # Another token of the same name is another one.
        token(ledger, "reader")
        assert browser.get(url, timeout=10).status_code == 401
        again = browser.post(f"{address}/api/v1/session", json={"token": secret}, timeout=10)
        assert (again.status_code, "not in force" in again.json()["error"]) == (401, True)


def test_it_ends_by_itself(ledger: Ledger, settings: Settings) -> None:
    with app(settings.model_copy(update={"SESSION_HOURS": 0.0})) as address:
        answer = requests.post(f"{address}/api/v1/session", json={"token": token(ledger, "Lan")}, timeout=10)
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        late = requests.get(f"{address}/api/v1/pause", headers={"Cookie": cookie}, timeout=10)
    assert (late.status_code, "sign in again" in late.json()["error"]) == (401, True)


def test_whoever_shows_a_token_has_nothing_to_sign_out_of(ledger: Ledger, settings: Settings) -> None:
    shown = {"Authorization": f"Bearer {token(ledger, 'script')}"}
    with app(settings) as address:
        url = f"{address}/api/v1/session"
        held = requests.get(url, headers=shown, timeout=10).json()
        assert (held["token_name"], held["csrf_token"], held["expires_at"]) == ("script", None, None)
        refused = requests.delete(url, headers=shown, timeout=10)
    assert (refused.status_code, "vtrack token revoke" in refused.json()["error"]) == (409, True)
