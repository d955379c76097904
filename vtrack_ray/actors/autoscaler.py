"""The autoscaler: Ray's own, told how many processors the backlog is worth."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ray.autoscaler.sdk import request_resources

from vtrack_ray.ledger.values import Backlog
from vtrack_ray.pipeline.scale import Scale
from vtrack_ray.settings import Settings


class Autoscaler:
    """Asks for nothing where `CORES_CEILING` is 0; a cluster that can't grow takes no notice."""

    def __init__(self, settings: Settings) -> None:
        self._scale = Scale(settings) if settings.CORES_CEILING else None
        self._asked: int | None = None

    def ask(self, backlog: Sequence[Backlog]) -> int | None:
        """Asks for what is wanted now, if that has changed: Ray keeps to it until it is asked anew. Gives what is
        enough; None where as many as there are."""
        if self._scale is None:
            return None
        wanted = self._scale.wanted(backlog, time.monotonic())
        if wanted != self._asked:
            request_resources(num_cpus=wanted)
            self._asked = wanted
        return wanted
