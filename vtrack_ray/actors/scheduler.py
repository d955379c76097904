"""The scheduler actor: works on programs for as long as the service runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import ray

from vtrack_ray.actors.address import HostAndPort, is_loopback
from vtrack_ray.actors.detector import RayDetector
from vtrack_ray.actors.metrics import Metrics
from vtrack_ray.actors.remote import RayStore, log_handovers
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Backlog
from vtrack_ray.meaning.occurrence import Occurrence
from vtrack_ray.meaning.token import NODES, Scope, Token, digest_of, new_secret
from vtrack_ray.pipeline.garbage import collect_seldom
from vtrack_ray.pipeline.gathering import Gathering
from vtrack_ray.settings import Settings
from vtrack_ray.sources.head import Through

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104
_MOST_NEWS = 10_000
"""Nobody may ever ask for them; the history has them all."""


class SchedulerActor:
    """Holds the tasks under way, and nothing that the ledger can't give back.

    What is to be done is asked of the ledger, where it sees it, and so survives whatever happens to it.
    """

    def __init__(self, settings: Settings, store: Any, detector: Any) -> None:
        # Imported here: whoever only makes this actor need not wait for what looks at videos to be imported.
        from vtrack_ray.actors.autoscaler import Autoscaler
        from vtrack_ray.actors.launcher import RayLauncher
        from vtrack_ray.pipeline.scheduler import Scheduler

        collect_seldom()
        if settings.LOG_HANDOVERS:
            log_handovers()
        self._settings = settings
        self._store = Gathering(RayStore(store))
        self._launcher = RayLauncher(settings, self._store, is_dedicated=settings.DEDICATED)
        self._scheduler = Scheduler(
            settings=settings,
            store=self._store,
            launcher=self._launcher,
            detector=RayDetector(detector),
            observer=self,
        )
        self._metrics = Metrics()
        self._autoscaler = Autoscaler(settings)
        self._news: deque[Occurrence] = deque(maxlen=_MOST_NEWS)

    async def serve(self) -> None:
        """Works until it is ended."""
        await self._let_others_read()
        await self._scheduler.serve()

    async def _let_others_read(self) -> None:
        """Has machines read through this one's HTTP service, if that can be reached, with a token of its own."""
        host: str = self._settings.HTTP_HOST
        if host in _EVERYWHERE:
            host = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
        if is_loopback(host):
            return
        secret = new_secret()
        token = Token(name=NODES, digest=digest_of(secret), scope=Scope.READ, created_at=datetime.now(UTC))
        await self._store(Ledger.revoke_token, NODES)
        await self._store(Ledger.add_token, token)
        self._launcher.let_read(Through(f"http://{HostAndPort(host, self._settings.HTTP_PORT)}", secret))

    async def end(self) -> None:
        """Has `serve` end in good order: what is under way may finish for `STOP_SECONDS`, and is then given back."""
        self._scheduler.end()

    async def news(self) -> list[Occurrence]:
        """What has happened since this was last asked."""
        news = list(self._news)
        self._news.clear()
        return news

    def occurred(self, occurrence: Occurrence) -> None:
        """The scheduler tells what it adds to the history."""
        self._news.append(occurrence)
        self._metrics.occurred(occurrence)

    def stands(self, backlog: Sequence[Backlog], under_way: int) -> None:
        """The scheduler tells how things stand."""
        self._metrics.stands(backlog, under_way)
        self._launcher.enough = self._autoscaler.ask(backlog)
