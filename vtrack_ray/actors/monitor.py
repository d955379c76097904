"""The node monitor: an actor on each machine that tells how much of it is in use."""

from __future__ import annotations

import psutil

from vtrack_ray.pipeline.pace import Use


class MonitorActor:
    """Reads the machine it runs on."""

    def __init__(self) -> None:
        psutil.cpu_percent()  # the next call tells the use since this one

    def use(self) -> Use:
        """The use of processors since the last call, and of memory now."""
        return Use(cpu=psutil.cpu_percent(), memory=psutil.virtual_memory().percent)
