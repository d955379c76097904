"""The processes of a run or a service, by what they call themselves."""

from __future__ import annotations

import re
import subprocess
import time

import psutil

_ACTOR = re.compile(r"ray::\w+Actor")
_SAMPLING = "ray::sample:"
_FAR_S = 0.3
_NEAR_S = 0.03
"""A span takes longer than this. To look through all processes takes as long as such a pause, and a core meanwhile."""


def title(process: psutil.Process) -> str:
    """What a process calls itself; empty for one that has ended (a zombie's command line is empty)."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def sampling_worker(parent: subprocess.Popen[str], limit_s: float = 60.0) -> psutil.Process:
    """A process below `parent` that is at work on a span, held still, so that the work can't end."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        assert parent.poll() is None, parent.communicate()
        processes = psutil.Process(parent.pid).children(recursive=True)
        for process in processes:
            if _is_sampling(process) and _is_held_at_it(process):
                return process
        # Ray takes seconds to start.
        has_begun = any(_ACTOR.match(title(process)) for process in processes)
        time.sleep(_NEAR_S if has_begun else _FAR_S)
    raise AssertionError("no sampling worker was seen")


def _is_sampling(process: psutil.Process) -> bool:
    return title(process).startswith(_SAMPLING)


def _is_held_at_it(process: psutil.Process) -> bool:
    try:
        process.suspend()
        if _is_sampling(process):
            return True
        # Its span ended between the look and the signal.
        process.resume()
    except psutil.NoSuchProcess:
        pass
    return False
