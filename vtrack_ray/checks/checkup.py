"""A check-up: all checks in their order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from vtrack_ray.checks import libraries, machine, ports
from vtrack_ray.checks.finding import Finding

_AT_ONCE = 2


def checkup(database: Path, server: int | None, http_port: int, *, deep: bool) -> Iterator[Finding]:
    """The findings, each as soon as it and those before it are known; `deep` also starts Ray, for some seconds.

    `server` is the process that serves the database, if one does.
    """
    checks: list[Callable[[], Finding]] = [
        machine.python,
        partial(machine.program, "ffmpeg"),
        *(partial(libraries.probed, name) for name in libraries.PROBED),
        libraries.ray_installed,
        partial(machine.database, database),
        partial(machine.disk, "database's disk", database.parent),
        partial(machine.disk, "temporary disk", Path(tempfile.gettempdir())),
        machine.shared_memory,
        machine.memory,
        partial(ports.open_ports, server, http_port),
    ]
    if deep:
        checks.append(libraries.ray_starts)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda check: check(), checks)
