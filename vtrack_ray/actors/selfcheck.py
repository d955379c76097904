"""A self-check of Ray: `python -m vtrack_ray.actors.selfcheck` starts it on this machine, runs a task and stops it."""

from __future__ import annotations

import sys
import time

import ray

from vtrack_ray.actors.cluster import joined_ray


def selfcheck() -> str:
    """A sentence on how it went. Whatever Ray raises comes through."""
    started = time.monotonic()
    with joined_ray("local"):
        answer = ray.get(ray.remote(_doubled).options(num_cpus=1).remote(21))
        if answer != 42:
            raise RuntimeError(f"a task gave {answer} for 42")
        ran_s = time.monotonic() - started
    return f"Ray {ray.__version__} started and ran a task within {ran_s:.1f} s"


def _doubled(number: int) -> int:
    return 2 * number


if __name__ == "__main__":
    sys.stdout.write(selfcheck() + "\n")
