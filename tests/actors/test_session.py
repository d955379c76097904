"""A session whose scheduler dies, and what it takes for Ray itself."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.actors.test_autoscaler import PATIENCE_S, simulated
from vtrack_ray.actors.orders import Orders
from vtrack_ray.actors.pause import Pause
from vtrack_ray.actors.session import Session
from vtrack_ray.actors.team import Team
from vtrack_ray.errors import ActorLost
from vtrack_ray.meaning.occurrence import Occurrence
from vtrack_ray.settings import Settings

MOST_SCHEDULERS = 4


class Staff(Team):
    """The store and the event detector live; each scheduler dies at its start, until somebody has enough of it."""

    def __init__(self) -> None:
        self.schedulers = 0
        self.recorded: list[str] = []

    @contextmanager
    def led_by(self, kind: type, name: str, *arguments: object) -> Iterator[Any]:  # noqa: ARG002
        self.schedulers += 1
        if self.schedulers == MOST_SCHEDULERS:
            raise KeyboardInterrupt
        raise ActorLost("The scheduler died.")
        yield

    def is_whole(self) -> bool:
        return True

    def record(self, occurrences: Sequence[Occurrence]) -> None:
        self.recorded += [one.text for one in occurrences]


def test_a_scheduler_that_dies_again_and_again_is_replaced_after_longer_and_longer_pauses(tmp_path: Path) -> None:
    settings = Settings(DB=tmp_path / "vtrack.duckdb")
    orders = Orders(settings=settings, address=None, has_dashboard=False, has_metrics=False, has_http=False)
    staff, taken = Staff(), list[float]()
    with pytest.raises(KeyboardInterrupt):
        Session(orders, io.StringIO(), Pause(taken.append))._is_served_by(staff)
    assert taken == [1, 2, 4]
    assert staff.recorded == [f"The scheduler died. The scheduler is started again in {pause} s" for pause in (1, 2, 4)]


def test_one_that_is_told_nothing_has_nothing_to_do() -> None:
    command = [sys.executable, "-m", "vtrack_ray.actors.session"]
    told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


ASKING = """
import sys
from vtrack_ray.actors.cluster import joined_ray
from vtrack_ray.actors.session import _ray_itself
with joined_ray(sys.argv[1]):
    print("Ray itself:", *(one.pid for one in _ray_itself()))
"""


@pytest.mark.timeout(300)
def test_in_a_cluster_that_was_joined_ray_itself_is_its_process_on_this_machine(tmp_path: Path) -> None:
    with simulated(tmp_path) as (address, environment):
        command = [sys.executable, "-c", ASKING, address]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        [line] = [line for line in told.stdout.splitlines() if line.startswith("Ray itself:")]
        [itself] = line.split()[2:]
        assert psutil.Process(int(itself)).name() == "raylet"
