"""The shortlist: which videos are begun next, as the ledger told a moment ago."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim
from vtrack_ray.pipeline.launcher import Store

_MOST = 1000
_FRESH_S = 5.0
"""What has come to wait since has its turn so much later, if asking is quick; a new camera or another program, at
once."""
_REST = 20
"""Asking takes one part in so many of the store's time, where nothing is there to be begun."""
_SELDOM = 50
"""Asking takes one part in so many of it, where something is."""


class Shortlist:
    """Claims videos, in the ledger's order.

    To find the next ones, the ledger looks at all videos that wait, of which there may be a million: it is asked for
    many at a time. Whether one may still be claimed is looked up by its id.
    """

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._ids: deque[str] = deque()
        self._wanted: object = None
        self._old_at_s = 0.0
        self.rest_s = 0.0
        """How long it is not worth while to ask again, after nothing was found."""

    async def claim(
        self, most: int, camera_names: Collection[str], program_ids: Sequence[int] | None = None
    ) -> list[Claim]:
        """The next videos of these cameras (and programs, if given), at most so many, claimed; none if there seem to
        be none."""
        wanted = (frozenset(camera_names), program_ids and tuple(program_ids))
        if not self._ids or wanted != self._wanted or asyncio.get_running_loop().time() >= self._old_at_s:
            await self._ask(camera_names, program_ids)
            self._wanted = wanted
        while self._ids:
            some = [self._ids.popleft() for _ in range(min(most, len(self._ids)))]
            if claims := await self._store(Ledger.claim_videos, some, self._now()):
                return claims
        return []

    async def _ask(self, camera_names: Collection[str], program_ids: Sequence[int] | None) -> None:
        clock = asyncio.get_running_loop().time
        began_s = clock()
        self._ids = deque(await self._store(Ledger.next_up, _MOST, self._now(), list(camera_names), program_ids))
        took_s = clock() - began_s
        self._old_at_s = clock() + max(_FRESH_S, _SELDOM * took_s)
        self.rest_s = 0.0 if self._ids else _REST * took_s
