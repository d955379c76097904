"""An observer: whoever wants to know at once what the service does, such as its metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vtrack_ray.ledger.values import Backlog
from vtrack_ray.meaning.occurrence import Occurrence


class Observer(Protocol):
    """Is told by the scheduler."""

    def occurred(self, occurrence: Occurrence) -> None:
        """Something was added to the history."""
        ...

    def stands(self, backlog: Sequence[Backlog], under_way: int) -> None:
        """What is still to be done, and how many videos are under way; told regularly."""
        ...


class Nobody:
    """Does not want to know."""

    def occurred(self, occurrence: Occurrence) -> None:
        pass

    def stands(self, backlog: Sequence[Backlog], under_way: int) -> None:
        pass
