"""Scale: how many processors a backlog is worth, between a floor and a ceiling."""

from __future__ import annotations

import math
from collections.abc import Iterable

from vtrack_ray.ledger.values import Backlog
from vtrack_ray.settings import Settings


class Scale:
    """More are wanted at once; fewer only when fewer have done for `CORES_COOL_DOWN_SECONDS`."""

    def __init__(self, settings: Settings) -> None:
        self._floor, self._ceiling = settings.CORES_FLOOR, settings.CORES_CEILING
        self._cool_down_s = settings.CORES_COOL_DOWN_SECONDS
        self._span_s = settings.SPAN_SECONDS
        self._wanted = 0
        self._least_since_s: float | None = None
        self._most_lately = 0

    def wanted(self, backlog: Iterable[Backlog], now_s: float) -> int:
        """The processors that are wanted at that time (of a clock that never goes back): one for each span.

        A video whose header was not read yet is taken for one span.
        """
        spans = sum(max(one.videos, one.unprobed + math.ceil(one.footage_s / self._span_s)) for one in backlog)
        enough = max(self._floor, min(self._ceiling, spans))
        if enough >= self._wanted:
            self._wanted, self._least_since_s = enough, None
            return self._wanted
        if self._least_since_s is None:
            self._least_since_s, self._most_lately = now_s, enough
        self._most_lately = max(self._most_lately, enough)
        if now_s - self._least_since_s >= self._cool_down_s:
            self._wanted, self._least_since_s = self._most_lately, None
        return self._wanted
