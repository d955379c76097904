"""What a second worker is worth: `python -m benchmarks.cluster [RECORDINGS]`, 8 unless told otherwise.

A Ray cluster on this machine: a head with no processors for tasks, which has the store and the event detector, and one
worker node with one processor, then two. Each time the same recordings are sampled with every picture examined, so that
processors are all that counts. Told are the seconds from the begin of sampling to the run's end, with the head's own
work in them, and the efficiency: how much of twice the speed two workers give. The runs take turns (1, 2, 2, 1), as
other work on the machine comes and goes; the machine's load before each is told with it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

import ray
from ray.cluster_utils import Cluster

from vtrack_ray.actors.backlog import work_off
from vtrack_ray.pipeline.progress import Progress
from vtrack_ray.pipeline.request import Request
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.settings import Settings

RECORDINGS = 8
TURNS = (1, 2, 2, 1)
_STORE_BYTES = 100 * 2**20


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """The address of a cluster with so many workers of one processor each."""
    one = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "include_dashboard": False, "object_store_memory": _STORE_BYTES},
    )
    try:
        for _ in range(workers):
            one.add_node(num_cpus=1, object_store_memory=_STORE_BYTES)
        yield one.address
    finally:
        ray.shutdown()
        one.shutdown()  # type: ignore[no-untyped-call]


def sampling_s(footage: Path, database: Path, workers: int) -> float:
    """Seconds from the begin of sampling to the end of the run."""
    began_s: list[float] = []

    def show(progress: Progress) -> None:
        if progress.step == "sampling" and not began_s:
            began_s.append(time.monotonic())

    request = Request(paths=(footage,), is_exhaustive=True)
    with cluster(workers) as address:
        summary = work_off(request, Settings(DB=database, SPAN_SECONDS=15), address, show)
        ended_s = time.monotonic()
    if summary is None or not summary.events or not began_s:
        raise RuntimeError(f"the run came to nothing: {summary}")
    return ended_s - began_s[0]


def main() -> None:
    recordings = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDINGS
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    taken: dict[int, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="vtrack-bench-") as name:
        folder = Path(name)
        order = Order(
            seed=9,
            cameras=("cam1",),
            packing=Packing(events=4 * recordings, event_s=(8, 12), idle_s=(4, 8)),
            look=Look(width_px=1280, height_px=720),
            recording=Recording(videos=recordings),
        )
        render(order, folder / "footage")
        print("| workers | load before | s |\n| --- | --- | --- |")
        for turn, workers in enumerate(TURNS):
            load = os.getloadavg()[0]
            seconds = sampling_s(folder / "footage", folder / f"{turn}.duckdb", workers)
            taken.setdefault(workers, []).append(seconds)
            print(f"| {workers} | {load:.1f} | {seconds:.1f} |", flush=True)
    efficiency = mean(taken[1]) / (2 * mean(taken[2]))
    print(f"\nefficiency from 1 to 2 workers: {efficiency:.1%}")


if __name__ == "__main__":
    main()
