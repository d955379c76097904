"""What a command costs: CPU seconds of its process tree, the largest process's memory, and what it printed."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cost:
    cpu_s: float
    memory_mb: float
    out: str


def cost_of(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    """Runs the command to its end. Raises CalledProcessError."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        out.seek(0)
        text = out.read()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu_s=cpu_s, memory_mb=usage.ru_maxrss / 1024, out=text)


def decoding(path: Path) -> Cost:
    """Every picture of a file decoded on one thread and thrown away."""
    return cost_of(["ffmpeg", "-v", "error", "-threads", "1", "-i", str(path), "-f", "null", "-"])


@dataclass(frozen=True)
class Run:
    """A `vtrack run --local` of its own, and what the other commands say afterwards."""

    cost: Cost
    events: list[dict[str, Any]]
    videos: list[dict[str, Any]]


def run_of(root: Path, *options: str, profile: tuple[str, ...] = ()) -> Run:
    """Works off the footage in `root` with a new database; `profile`: options of `vtrack profile set cam1`."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "VTRACK_DB": f"{home}/bench.duckdb"}
        vtrack = [sys.executable, "-m", "vtrack_ray"]
        if profile:
            cost_of([*vtrack, "profile", "set", "cam1", *profile], environment)
        cost = cost_of([*vtrack, "run", "--local", str(root), *options], environment)
        events, videos = (json.loads(cost_of([*vtrack, of, "--json"], environment).out) for of in ("events", "videos"))
    return Run(cost=cost, events=events, videos=videos)
