"""Jobs on a real Ray of two machines: whose fault it is that a job was lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from vtrack_ray.actors.launcher import RayLauncher
from vtrack_ray.errors import VideoError
from vtrack_ray.pipeline.job import Job
from vtrack_ray.settings import Settings

PATIENCE_S = 400.0
JOB = Job(label="sample:cam1/a.mp4@0", kind="sample")


@pytest.mark.timeout(600)
def test_a_process_that_dies_is_told_from_a_machine_that_does(tmp_path: Path) -> None:
    """In a process of its own: a cluster within it leaves sockets open."""
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "RAY_AUTH_MODE": "disabled",
    }
    story = [sys.executable, "-m", "tests.actors.test_launcher", str(tmp_path / "begun")]
    told = subprocess.run(story, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
    assert told.returncode == 0, told.stdout + told.stderr
    # Ray's own words may stand between them.
    assert [line for line in told.stdout.splitlines() if line.startswith("Sampler")] == [
        "SamplerCrashed: sample:cam1/a.mp4@0: the process that worked on it died",
        "SamplerLost: sample:cam1/a.mp4@0: the machine that was to work on it is gone",
    ]


def lose_two_jobs(begun: Path) -> None:
    """Has one job end its process, and one whose machine is ended once it has begun; prints what became of them."""
    small = {"object_store_memory": 100 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **small})
    machine = cluster.add_node(num_cpus=1, **small)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")

    def crash() -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def work() -> None:
        begun.touch()
        time.sleep(PATIENCE_S)

    async def lose() -> None:
        launcher = RayLauncher(Settings(), is_dedicated=True)
        await launcher.adjust()
        await told(launcher.run(JOB, crash))
        working = asyncio.create_task(told(launcher.run(JOB, work)))
        while not begun.exists():
            await asyncio.sleep(0.1)
        await asyncio.to_thread(cluster.remove_node, machine, allow_graceful=False)
        await working

    try:
        asyncio.run(lose())
    finally:
        ray.shutdown()
        cluster.shutdown()


async def told(job: object) -> None:
    assert asyncio.iscoroutine(job)
    try:
        await job
    except VideoError as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    lose_two_jobs(Path(sys.argv[1]))
