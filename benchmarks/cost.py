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
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "cost.json")
        # Linux counts a process's memory from before it became the command: it has to be the child of a small one.
        meter = [sys.executable, "-m", "benchmarks.cost", str(told), *command]
        out = subprocess.run(meter, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        out.check_returncode()
        return Cost(out=out.stdout, **json.loads(told.read_text("utf-8")))


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


def _meter(told: Path, command: list[str]) -> int:
    """Runs the command, writes down what it cost, and gives its exit status."""
    status = subprocess.run(command).returncode
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {"cpu_s": usage.ru_utime + usage.ru_stime, "memory_mb": usage.ru_maxrss / 1024}
    told.write_text(json.dumps(cost), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(_meter(Path(sys.argv[1]), sys.argv[2:]))
