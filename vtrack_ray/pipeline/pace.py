"""Pace: how much a machine works on at once, by what it has left."""

from __future__ import annotations

from typing import NamedTuple

from vtrack_ray.settings import Settings


class Use(NamedTuple):
    """How much of a machine is in use, in percent of the whole."""

    cpu: float
    memory: float


class Step(NamedTuple):
    """A batch size, and why it is that, for a person."""

    size: int
    reason: str


class Pace:
    """The batch of one machine: the seed's rule on a shared one, all cores on a dedicated one."""

    def __init__(self, settings: Settings, cores: int, *, is_dedicated: bool) -> None:
        self._settings = settings
        self._cores = max(1, cores)
        self._is_dedicated = is_dedicated

    @property
    def first(self) -> Step:
        """The size to begin with."""
        if self._is_dedicated:
            return Step(self._cores, f"its {self._cores} cores do nothing else")
        return Step(self._settings.BATCH_SIZE_DEFAULT, "it begins with BATCH_SIZE_DEFAULT")

    def next(self, size: int, use: Use) -> Step:
        """The size that follows on `size`."""
        limits = self._settings
        if self._is_dedicated:
            return self.first
        if use.cpu > limits.CPU_THRESHOLD_HIGH:
            return Step(max(1, size - 1), f"CPU use {use.cpu:.0f} % is over {limits.CPU_THRESHOLD_HIGH:g} %")
        if use.memory > limits.MEMORY_THRESHOLD:
            return Step(max(1, size - 1), f"memory use {use.memory:.0f} % is over {limits.MEMORY_THRESHOLD:g} %")
        if use.cpu < limits.CPU_THRESHOLD_LOW and use.memory < limits.MEMORY_GROW_BELOW:
            return Step(
                min(limits.BATCH_SIZE_MAX, size + 1),
                f"CPU use {use.cpu:.0f} % is under {limits.CPU_THRESHOLD_LOW:g} % "
                f"and memory use {use.memory:.0f} % under {limits.MEMORY_GROW_BELOW:g} %",
            )
        return Step(size, f"CPU use {use.cpu:.0f} % and memory use {use.memory:.0f} % are between the thresholds")
