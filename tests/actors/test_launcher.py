"""Jobs on a real Ray: whose fault it is that one was lost, and what is taken from a machine that is drained."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from vtrack_ray.actors.cluster import joined_ray
from vtrack_ray.actors.launcher import RayLauncher
from vtrack_ray.errors import VideoError
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.node import NodeState
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import LocalStore
from vtrack_ray.settings import Settings

PATIENCE_S = 400.0


@pytest.mark.timeout(600)
def test_a_process_that_dies_is_told_from_a_machine_that_does(tmp_path: Path) -> None:
    """In a process of its own: a cluster within it leaves sockets open."""
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "RAY_AUTH_MODE": "disabled",
    }
    story = [sys.executable, "-m", "tests.actors.test_launcher", str(tmp_path)]
    told = subprocess.run(story, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
    assert told.returncode == 0, told.stdout + told.stderr
    # Ray's own words may stand between them.
    assert [line for line in told.stdout.splitlines() if line.startswith("Sampler")] == [
        "SamplerCrashed: sample:cam1/a.mp4@0: the process that worked on it died",
        "SamplerLost: sample:cam1/a.mp4@0: the machine that was to work on it is gone",
    ]


@pytest.mark.usefixtures("rays_home")
def test_what_the_head_alone_can_do_is_not_taken_from_it_when_it_is_drained(tmp_path: Path) -> None:
    begun = tmp_path / "begun"

    def scan() -> None:
        with begun.open("a") as file:
            file.write("begun\n")
        time.sleep(3)

    async def drain(ledger: Ledger) -> None:
        launcher = RayLauncher(Settings(STOP_SECONDS=0), LocalStore(ledger), is_dedicated=True)
        pacing = asyncio.create_task(adjusted(launcher))
        scanning = asyncio.create_task(launcher.run(Job(label="scan:/videos", kind="scan"), scan))
        while not begun.exists():
            await asyncio.sleep(0.1)
        [head] = ledger.nodes()
        ledger.order_drain(head.name, datetime.now(UTC), is_drained=True)
        await asyncio.wait_for(scanning, PATIENCE_S)
        assert not pacing.done()
        pacing.cancel()

    with joined_ray("local"), Ledger.open(tmp_path / "vtrack.duckdb") as ledger:
        asyncio.run(drain(ledger))
        [head] = ledger.nodes()
        assert head.state in (NodeState.DRAINING, NodeState.DRAINED)
    assert begun.read_text() == "begun\n"


def known_file(folder: Path, ledger: Ledger) -> FoundFile:
    path = folder / "a.mp4"
    path.write_bytes(b"recorded")
    status = path.stat()
    file = FoundFile(
        source=str(folder),
        path=str(path),
        camera_name="cam1",
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
    )
    ledger.register([file], datetime.now(UTC))
    return file


def lose_two_jobs(folder: Path) -> None:
    """Has one job end its process, and one whose machine is ended once it has begun; prints what became of them."""
    begun = folder / "begun"
    store_bytes = 100 * 2**20
    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": store_bytes}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    machine = cluster.add_node(num_cpus=1, object_store_memory=store_bytes)
    ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)

    def crash() -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def work() -> None:
        begun.touch()
        time.sleep(PATIENCE_S)

    async def lose(ledger: Ledger) -> None:
        job = Job(label="sample:cam1/a.mp4@0", kind="sample", file=known_file(folder, ledger))
        launcher = RayLauncher(Settings(), LocalStore(ledger), is_dedicated=True)
        pacing = asyncio.create_task(adjusted(launcher))
        await told(launcher.run(job, crash))
        working = asyncio.create_task(told(launcher.run(job, work)))
        while not begun.exists():
            await asyncio.sleep(0.1)
        await asyncio.to_thread(cluster.remove_node, machine, allow_graceful=False)
        await working
        pacing.cancel()

    try:
        with Ledger.open(folder / "vtrack.duckdb") as ledger:
            asyncio.run(lose(ledger))
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]  # Ray tells no types here


async def adjusted(launcher: RayLauncher) -> None:
    while True:
        await launcher.adjust()
        await asyncio.sleep(0.5)


async def told(job: object) -> None:
    assert asyncio.iscoroutine(job)
    try:
        await job
    except VideoError as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    lose_two_jobs(Path(sys.argv[1]))
