"""Patience: how often, and after which pauses, Google Drive is asked again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_SHORT_TRIES = 3
_is_short: ContextVar[bool] = ContextVar("is_short", default=False)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Exponential backoff with jitter, as Google asks of Drive's clients
    (https://developers.google.com/workspace/drive/api/guides/limits): `min(2**n + up to 1 s, most_s)`.

    `unit_s` is that formula's second: tests have shorter ones.
    """

    tries: int = 7
    unit_s: float = 1.0
    most_s: float = 64.0

    def pause_s(self, failed: int, wanted_s: float = 0.0) -> float | None:
        """Before the next try, after so many have failed; None: no more. `wanted_s`: what the answer asked to wait."""
        if failed >= self.tries or wanted_s > self.most_s:
            return None
        jitter = random.random()  # noqa: S311
        return max(wanted_s, min(self.unit_s * (2.0 ** (failed - 1) + jitter), self.most_s))


@contextmanager
def short_patience() -> Iterator[None]:
    """Has Drive be given up on after few tries: somebody waits for an answer, and can ask again."""
    before = _is_short.set(True)
    try:
        yield
    finally:
        _is_short.reset(before)


def usual_tries() -> int:
    """How many tries there are where nobody says otherwise."""
    return _SHORT_TRIES if _is_short.get() else Patience.tries
