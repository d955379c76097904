"""Tokens: in force from the moment they are kept until they are revoked, and not for one request longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from tests.ledger.examples import NOON
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.token import Scope, Token, digest_of, new_secret


def new_token(name: str) -> Token:
    return Token(name=name, digest=digest_of(new_secret()), scope=Scope.READ, created_at=NOON)


def test_a_revoked_token_is_in_force_for_nobody_who_asks_afterwards(ledger: Ledger) -> None:
    for turn in range(5):
        token = new_token("shop")
        assert ledger.token_of(token.digest) is None
        assert ledger.add_token(token)
        assert ledger.token_of(token.digest) == token
        is_over = Event()

        def ask_on(digest: str = token.digest, is_over: Event = is_over) -> None:
            while not is_over.is_set():
                ledger.token_of(digest)

        with ThreadPoolExecutor(2) as others:
            asked = [others.submit(ask_on) for _ in range(2)]
            assert ledger.revoke_token("shop"), turn
            assert ledger.token_of(token.digest) is None
            is_over.set()
            assert [one.result() for one in asked] == [None, None]
        assert ledger.token_of(token.digest) is None


def test_tokens_that_were_not_revoked_stay_in_force(ledger: Ledger) -> None:
    kept, gone = (new_token(name) for name in ("kept", "gone"))
    for token in (kept, gone):
        ledger.add_token(token)
        ledger.token_of(token.digest)
    ledger.revoke_token("gone")
    assert ledger.token_of(kept.digest) == kept
