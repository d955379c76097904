"""A backlog: one request, worked off on Ray while somebody waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from vtrack_ray.actors.cluster import joined_ray
from vtrack_ray.actors.remote import lost
from vtrack_ray.actors.runner import RunnerActor
from vtrack_ray.actors.team import answered, team
from vtrack_ray.errors import ActorLost
from vtrack_ray.ledger.database import READER_S
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.progress import Progress
from vtrack_ray.pipeline.request import Request
from vtrack_ray.pipeline.summary import Summary
from vtrack_ray.settings import Settings

_POLL_S = 0.25
_GO_ON = "What was finished is kept: run the same command again, without --force, and it goes on from there."


def work_off(
    request: Request, settings: Settings, address: str | None, show: Callable[[Progress], None]
) -> Summary | None:
    """Works off `request` on Ray and gives the summary; None if it was interrupted (KeyboardInterrupt).

    Raises LedgerError if the database can't be used, ClusterError if Ray can't, ActorLost if a process of it dies.
    """
    # Opened here first: an error in an actor's start says little, and the schema is migrated before anyone waits.
    Ledger.open(settings.DB, wait_s=READER_S).close()
    with (
        joined_ray(address, has_metrics=False),
        team(settings.DB) as staff,
        staff.led_by(RunnerActor, "runner", request, settings) as runner,
    ):
        running = runner.run.remote()
        try:
            return _followed(running, runner, show)
        except ActorLost as error:
            raise ActorLost(f"{error} {_GO_ON}") from error
        except KeyboardInterrupt:
            answered(runner.stop.remote())
            return None


def _followed(running: Any, runner: Any, show: Callable[[Progress], None]) -> Summary | None:
    try:
        while not ray.wait([running], timeout=_POLL_S)[0]:
            show(ray.get(runner.progress.remote()))
        show(ray.get(runner.progress.remote()))
        summary: Summary | None = ray.get(running)
    except RayTaskError as error:
        raise error.cause from error
    except RayActorError as error:
        raise lost(error) from error
    return summary
