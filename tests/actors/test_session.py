"""A session whose scheduler dies."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

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
    orders = Orders(settings=settings, address=None, has_dashboard=False, has_http=False)
    staff, taken = Staff(), list[float]()
    with pytest.raises(KeyboardInterrupt):
        Session(orders, io.StringIO(), Pause(taken.append))._is_served_by(staff)
    assert taken == [1, 2, 4]
    assert staff.recorded == [f"The scheduler died. The scheduler is started again in {pause} s" for pause in (1, 2, 4)]
