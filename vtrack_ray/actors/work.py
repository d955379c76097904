"""Work: one call in a process of Ray's, which is polite, and bounded, and tells what it used."""

from __future__ import annotations

import errno
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import ray

from vtrack_ray.drive.account import Account, signed_in_as
from vtrack_ray.errors import SamplerCrashed
from vtrack_ray.footage.origin import reading_by, register
from vtrack_ray.pipeline.needs import MIB, Usage
from vtrack_ray.settings import Settings
from vtrack_ray.sources.head import SCHEME, Through, called, open_file

_JOBS = 200
_POLITE = 10
"""Samplers give way to everything else on the machine (see nice(1))."""
_UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
_CLEAR_PEAK = "5"
"""Resets the peak of resident memory (proc_pid_clear_refs(5))."""


class Worked(NamedTuple):
    """What a call gave, and what it used."""

    result: Any
    usage: Usage


def _work(
    function: Callable[..., Any],
    args: tuple[object, ...],
    kwargs: dict[str, object],
    settings: Settings,
    through: Through | None,
    account: Account | None,
) -> Worked:
    """With `through`, videos are read through the head, as this machine does not see them; with `account`, at Google
    Drive, though nobody has signed in on this machine."""
    os.nice(max(0, _POLITE - os.nice(0)))
    most_bytes = settings.TASK_MEMORY_MB * MIB
    with suppress(OSError):  # not every kernel has it: then the peak is that of all jobs before as well
        Path("/proc/self/clear_refs").write_text(_CLEAR_PEAK, "ascii")
    began_s, cpu_before_s = time.monotonic(), _cpu_s()
    try:
        with reading_by(settings), signed_in_as(account), _limited(most_bytes):
            result = called(function, args, kwargs, through)
    except (MemoryError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.ENOMEM:
            raise
        raise SamplerCrashed(f"it needs more than {most_bytes // MIB} MB of memory (TASK_MEMORY_MB)") from error
    return Worked(result, Usage(_cpu_s() - cpu_before_s, time.monotonic() - began_s, _own_bytes("VmHWM")))


@contextmanager
def _limited(most_bytes: int) -> Iterator[None]:
    """Native code that asks for more is refused, or ends this process alone: no other video pays for it.

    What the jobs before have left behind is not held against this one, nor what this one leaves against those who tell
    of it afterwards: Ray that is refused memory may neither answer nor end.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (_own_bytes("VmData") + most_bytes, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, _UNLIMITED)


register(SCHEME, open_file)


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _own_bytes(field: str) -> int:
    """What this process has of that kind of memory (proc_pid_status(5))."""
    # The process is called as its job is, after a camera perhaps, and its name is cut within a letter.
    status = Path("/proc/self/status").read_bytes()
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:".encode())]
    return int(kilobytes) * 1024


# A retry by Ray would know nothing of attempt numbers; whoever asked for the job decides on the next attempt.
# A process ends after so many jobs, and with it whatever native code has leaked.
task: Any = ray.remote(max_retries=0, max_calls=_JOBS)(_work)
