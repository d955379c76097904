"""Ray's own autoscaler, with machines that it only simulates: they come with a backlog and go after it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import ray

from vtrack_ray.actors.autoscaler import Autoscaler
from vtrack_ray.actors.launcher import RayLauncher
from vtrack_ray.actors.orders import end_all_of
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Backlog
from vtrack_ray.pipeline.launcher import LocalStore
from vtrack_ray.settings import Settings

PATIENCE_S = 120.0
MACHINE = {"resources": {"CPU": 1, "object_store_memory": 100 * 2**20}, "node_config": {}}


def configuration(address: str) -> dict[str, Any]:
    kinds: dict[str, Any] = {
        "ray.head.default": {"resources": {"CPU": 0}, "node_config": {}, "max_workers": 0},
        "pc": {**MACHINE, "min_workers": 0, "max_workers": 4},
    }
    return {
        "cluster_name": "simulated",
        "max_workers": 4,
        "provider": {
            "type": "fake_multinode",
            "gcs_address": address,
            "use_node_id_as_ip": True,  # they all have the same address
            "disable_node_updaters": True,
            "disable_launch_config_check": True,
            "foreground_node_launch": True,
            "worker_liveness_check": False,
            "worker_rpc_drain": True,
        },
        "available_node_types": kinds,
        "head_node_type": "ray.head.default",
        "upscaling_speed": 1.0,
        "idle_timeout_minutes": 0.05,
        "auth": {},
        **{name: {} for name in ("docker", "file_mounts")},
        **{f"{who}_start_ray_commands": [] for who in ("head", "worker")},
        **{f"{what}_commands": [] for what in ("initialization", "setup", "head_setup", "worker_setup")},
        **{name: [] for name in ("cluster_synced_files", "rsync_exclude", "rsync_filter")},
        "file_mounts_sync_continuously": False,
    }


@contextmanager
def simulated(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a cluster that its autoscaler keeps, and the environment of those that join it."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{found.getsockname()[1]}"
    written = folder / "simulated.yaml"
    written.write_text(json.dumps(configuration(address)))
    ray_folder = tempfile.mkdtemp(prefix="vt")
    environment = {
        **os.environ,
        "HOME": str(folder),
        "RAY_AUTH_MODE": "disabled",
        "RAY_TMPDIR": ray_folder,
        "AUTOSCALER_UPDATE_INTERVAL_S": "1",
        "RAY_FAKE_CLUSTER": "1",
    }
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--num-cpus=0"]
    command += [f"--port={address.split(':')[1]}", "--node-ip-address=127.0.0.1", "--include-dashboard=false"]
    command += ["--include-log-monitor=false"]
    command += [f"--autoscaling-config={written}", "--disable-usage-stats", f"--object-store-memory={100 * 2**20}"]
    with (
        (folder / "ray.log").open("w") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True) as head,
    ):
        try:
            deadline = time.monotonic() + PATIENCE_S
            while "Ray runtime started." not in (folder / "ray.log").read_text():
                assert head.poll() is None, (folder / "ray.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.2)
            yield address, environment
        finally:
            head.send_signal(signal.SIGTERM)
            try:
                head.wait(20)
            finally:
                end_all_of(head.pid)
                shutil.rmtree(ray_folder, ignore_errors=True)


@pytest.mark.timeout(400)
def test_machines_come_with_a_backlog_and_go_after_it(tmp_path: Path) -> None:
    with simulated(tmp_path) as (address, environment):
        story = [sys.executable, "-m", "tests.actors.test_autoscaler", address, str(tmp_path / "vtrack.duckdb")]
        told = subprocess.run(story, env=environment, capture_output=True, text=True, timeout=2 * PATIENCE_S)
    assert told.returncode == 0, told.stdout + told.stderr
    assert [line for line in told.stdout.splitlines() if line.startswith("machines:")] == [
        "machines: 0",
        "machines: 3",
        "machines: 1",
    ]


async def grow_and_shrink(settings: Settings) -> None:
    """As the scheduler does it, with a backlog of three spans, and then with none."""
    with Ledger.open(settings.DB) as ledger:
        launcher, autoscaler = RayLauncher(settings, LocalStore(ledger), is_dedicated=True), Autoscaler(settings)
        for videos, machines in ((0, 0), (3, 3), (0, 1)):
            backlog = [Backlog(camera_name="cam1", videos=videos, unprobed=0, footage_s=0, cost=None)] * bool(videos)
            if (videos, machines) != (0, 0):
                await until(machines, launcher, autoscaler, backlog)
            sys.stdout.write(f"machines: {len(ledger.nodes()) - 1 if ledger.nodes() else 0}\n")
            sys.stdout.flush()


async def until(machines: int, launcher: RayLauncher, autoscaler: Autoscaler, backlog: list[Backlog]) -> None:
    """Adjusts until there are so many machines beside the head, and stays at it for some seconds."""
    deadline, right_s = time.monotonic() + PATIENCE_S, 0.0
    while right_s < 5:
        launcher.enough = autoscaler.ask(backlog)
        await launcher.adjust()
        await asyncio.sleep(0.5)
        known: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]  # Ray tells no types here
        alive = [one for one in known if one["Alive"] and one["Resources"].get("CPU")]
        right_s = right_s + 0.5 if len(alive) == machines else 0.0
        assert time.monotonic() < deadline, known


if __name__ == "__main__":
    ray.init(address=sys.argv[1], log_to_driver=False, logging_level=logging.ERROR)
    asyncio.run(
        grow_and_shrink(Settings(DB=Path(sys.argv[2]), CORES_FLOOR=1, CORES_CEILING=3, CORES_COOL_DOWN_SECONDS=2))
    )
