"""The scheduler actor on a real Ray: what is asked for is done, and outlives it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.exceptions import RayActorError

from tests.conftest import Footage
from vtrack_ray.actors.cluster import joined_ray
from vtrack_ray.actors.scheduler import SchedulerActor
from vtrack_ray.actors.team import team
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.program import ProgramKind, ProgramRequest, ProgramState
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.settings import Settings

PATIENCE_S = 120.0


@contextmanager
def scheduler_of(settings: Settings) -> Iterator[Any]:
    """The actor of a new team, on a Ray of its own, as each session of the service has it."""
    with (
        joined_ray("local", has_metrics=False),
        team(settings.DB) as staff,
        staff.led_by(SchedulerActor, "scheduler", settings) as scheduler,
    ):
        yield scheduler


def until_told(scheduler: Any, text: str) -> None:
    """Waits for the news; it keeps all that happened since it was last asked."""
    deadline = time.monotonic() + PATIENCE_S
    while not any(text in one.text for one in ray.get(scheduler.news.remote(), timeout=PATIENCE_S)):
        assert time.monotonic() < deadline, f"it has not told: {text}"
        time.sleep(0.3)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("rays_home")
def test_what_is_asked_for_is_done_and_survives_its_being_killed(two_cameras: Footage, tmp_path: Path) -> None:
    settings = Settings(DB=tmp_path / "vtrack.duckdb", BACKUP_HOURS=0)
    custom = ProgramRequest(kind=ProgramKind.CUSTOM, custom_path=str(two_cameras.root / "cam2"))
    with scheduler_of(settings) as scheduler:
        serving = scheduler.serve.remote()
        until_told(scheduler, "the service has started")
        with open_answers(settings.DB) as answers:
            answers.order_pause(datetime.now(UTC), is_paused=True)
            until_told(scheduler, "work is paused")
            asked = answers.request_program(custom, datetime.now(UTC))
        assert (asked.request, asked.state) == (custom, ProgramState.WAITING)
        ray.kill(scheduler)
        with pytest.raises(RayActorError):
            ray.get(serving)
    with Ledger.open(settings.DB, read_only=True) as ledger:
        assert ledger.is_paused()
        assert ledger.programs() == [asked]
        assert ledger.videos() == []
    with scheduler_of(settings) as scheduler:
        serving = scheduler.serve.remote()
        until_told(scheduler, "work is paused")
        with open_answers(settings.DB) as answers:
            answers.order_pause(datetime.now(UTC), is_paused=False)
            until_told(scheduler, f"{asked} is done")
            default = answers.request_program(ProgramRequest(kind=ProgramKind.DEFAULT), datetime.now(UTC))
            until_told(scheduler, f"{default} has begun")
            answers.stop_programs(datetime.now(UTC))
        until_told(scheduler, "everything was stopped by request")
        ray.get(scheduler.end.remote())
        ray.get(serving)
    with Ledger.open(settings.DB, read_only=True) as ledger:
        assert [program.state for program in ledger.programs()] == [ProgramState.DONE, ProgramState.STOPPED]
        assert {(row.camera_name, row.status) for row in ledger.videos()} == {("cam2", VideoStatus.DONE)}
        assert not ledger.is_paused()
