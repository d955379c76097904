"""The pause before what has died is started again."""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST_S = 1.0
_LONGEST_S = 60.0


class Pause:
    """A second at first, and twice as long each time, up to a minute, until something was done in between."""

    def __init__(self, sleep: Callable[[float], object] = time.sleep) -> None:
        self._sleep = sleep
        self.seconds = _FIRST_S

    def take(self) -> None:
        """Waits; KeyboardInterrupt ends that."""
        self._sleep(self.seconds)
        self.seconds = min(_LONGEST_S, 2 * self.seconds)

    def shorten(self) -> None:
        """Something was done: it was not that which brought death."""
        self.seconds = _FIRST_S
