"""The service: Ray and its actors, for as long as they are wanted, started again when one of them dies."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from vtrack_ray.actors.cluster import joined_ray
from vtrack_ray.actors.scheduler import SchedulerActor
from vtrack_ray.actors.team import answered, team
from vtrack_ray.errors import ActorLost
from vtrack_ray.ledger.database import READER_S
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.settings import Settings

_POLL_S = 0.5
_AGAIN_S = 1.0
_STEADY_S = 600.0
"""Whoever has run for so long has recovered: the next start need not be put off."""
_LONGEST_PAUSE_S = 60.0


class Service:
    """Works on programs until it is ended; `show` is told what happens."""

    def __init__(
        self,
        settings: Settings,
        address: str | None,
        show: Callable[[Occurrence], None],
        *,
        is_dedicated: bool,
        has_dashboard: bool,
    ) -> None:
        self._settings = settings
        self._address = address
        self._show = show
        self._is_dedicated = is_dedicated
        self._has_dashboard = has_dashboard
        self._is_ending = False

    def serve(self) -> None:
        """Runs until an order in the database, or KeyboardInterrupt, ends it in good order; a second one at once.

        When a process of it dies, all of it is started again, from what the database holds: one way back from any
        crash. Raises LedgerError if the database can't be used, ClusterError if Ray can't be.
        """
        pause_s = _AGAIN_S
        while not self._is_ending:
            Ledger.open(self._settings.DB, wait_s=READER_S).close()
            began_s = time.monotonic()
            try:
                self._serve_once()
            except ActorLost as error:
                self._tell(OccurrenceKind.RESTART, f"{error} All of it is started again in {pause_s:g} s.")
                time.sleep(pause_s)
                is_steady = time.monotonic() - began_s > _STEADY_S
                pause_s = _AGAIN_S if is_steady else min(_LONGEST_PAUSE_S, 2 * pause_s)
            else:
                return

    def _serve_once(self) -> None:
        options = {"is_dedicated": self._is_dedicated}
        with (
            joined_ray(self._address, has_dashboard=self._has_dashboard),
            team(self._settings.DB, SchedulerActor, "scheduler", self._settings, **options) as scheduler,
        ):
            serving = scheduler.serve.remote()
            while True:
                try:
                    is_over = self._is_over(serving)
                    for one in self._answer(scheduler.news.remote()):
                        self._show(one)
                    if is_over:
                        return
                except KeyboardInterrupt:
                    if self._is_ending:
                        raise
                    self._is_ending = True
                    self._tell(OccurrenceKind.SERVICE, "ending; what is under way may finish (once more: at once)")
                    answered(scheduler.end.remote())

    def _is_over(self, serving: Any) -> bool:
        if not ray.wait([serving], timeout=_POLL_S)[0]:
            return False
        self._answer(serving)
        return True

    def _answer(self, call: Any) -> Any:
        """What the scheduler answers. Raises what it raised, and ActorLost if it died."""
        try:
            return ray.get(call)
        except RayTaskError as error:
            raise error.cause from error
        except RayActorError as error:
            raise ActorLost(f"The scheduler died ({error}).") from error

    def _tell(self, kind: OccurrenceKind, text: str) -> None:
        self._show(Occurrence(at=datetime.now(UTC), kind=kind, text=text))
