"""`vtrack run` on Ray, as a process with real signals: the same tables as without Ray, whatever happens to it.

Where a run is interrupted, the one that goes on does so without Ray, but for one: starting Ray takes longest here.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import Footage, MadeOnce, Snapshot, Vtrack
from tests.processes import sampling_worker, title

SLOWLY = ("--exhaustive", "--set", "SPAN_SECONDS=10")
"""Many spans of some work each, so that there is something to interrupt."""


@pytest.fixture(scope="module")
def camera(two_cameras: Footage) -> Path:
    """Two videos of one camera, with an event across their border."""
    return two_cameras.root / "cam1"


@pytest.fixture(scope="module")
def undisturbed(camera: Path, made_once: MadeOnce) -> Snapshot:
    """What such a run leaves behind, without Ray."""
    return Vtrack(made_once("undisturbed", lambda home: Vtrack(home)("run", "--local", *SLOWLY, camera))).snapshot()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://[::1]:1", "nowhere.invalid:6379", "127.0.0.1:99999"])
def test_where_no_cluster_listens_a_sentence_says_so_at_once(vtrack: Vtrack, camera: Path, address: str) -> None:
    started = time.monotonic()
    said = vtrack("run", "--address", address, camera, status=1)
    assert f"Error: There is no Ray cluster at '{address}': " in said
    assert "gcs" not in said
    assert time.monotonic() - started < 20


def test_interrupted_by_a_signal_and_continued(vtrack: Vtrack, camera: Path, undisturbed: Snapshot) -> None:
    with vtrack.start("run", *SLOWLY, camera) as run:
        sampling_worker(run)
        # As a terminal does it: to every process of the command.
        os.killpg(run.pid, signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "the same command goes on" in err
    assert not [video for video in vtrack.json("videos") if video["status"] == "sampling"]
    vtrack("run", "--local", *SLOWLY, camera)
    assert vtrack.snapshot() == undisturbed


def test_a_forced_run_that_was_interrupted_goes_on_without_force(
    used: Vtrack, two_cameras: Footage, finished: Vtrack
) -> None:
    with used.start("run", "--force", two_cameras.root) as run:
        sampling_worker(run)
        run.send_signal(signal.SIGTERM)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "the same command without --force goes on" in err
    attempts = sum(video["attempts"] for video in used.json("videos"))
    assert attempts < 8, "not all were begun again"
    used("run", "--local", two_cameras.root)
    assert used.snapshot() == finished.snapshot()


def test_others_can_read_but_not_run_until_it_is_killed_and_continued(
    vtrack: Vtrack, camera: Path, undisturbed: Snapshot
) -> None:
    with vtrack.start("run", *SLOWLY, camera) as run:
        sampling_worker(run)
        assert "is held by process" in vtrack("run", "--local", camera, status=1)
        assert "sampling" in {video["status"] for video in vtrack.json("videos")}
        assert [profile["camera_name"] for profile in vtrack.json("profile", "list")] == ["cam1"]
        vtrack.json("events")
        processes = psutil.Process(run.pid).children(recursive=True)
        run.kill()
        run.communicate(timeout=60)
    for process in processes:
        # Ray's processes end by themselves once the driver is gone; the next run must not have to wait for that.
        if process.is_running():
            process.kill()
    psutil.wait_procs(processes, timeout=30)
    assert "2 done" in vtrack("run", *SLOWLY, camera)
    assert vtrack.snapshot() == undisturbed


def test_a_killed_worker_fails_its_video_alone_and_the_next_run_mends_it(
    vtrack: Vtrack, camera: Path, undisturbed: Snapshot
) -> None:
    with vtrack.start("run", *SLOWLY, camera) as run:
        sampling_worker(run).kill()
        out, err = run.communicate(timeout=200)
    assert run.returncode == 1, out + err
    assert "the process that worked on it died" in out
    statuses = sorted(video["status"] for video in vtrack.json("videos"))
    assert statuses == ["done", "failed"], out
    vtrack("run", "--local", "--force", *SLOWLY, camera)
    assert vtrack.snapshot() == undisturbed


def test_when_an_actor_dies_the_run_ends_with_a_sentence_and_the_next_goes_on(
    vtrack: Vtrack, camera: Path, undisturbed: Snapshot
) -> None:
    with vtrack.start("run", *SLOWLY, camera) as run:
        worker = sampling_worker(run)
        actors = psutil.Process(run.pid).children(recursive=True)
        [store] = [process for process in actors if title(process).startswith("ray::StoreActor")]
        agents = [title(process) for process in actors if "Agent" in title(process)]
        assert not agents, "what nobody asks in a run was started"
        store.kill()
        worker.resume()
        _, err = run.communicate(timeout=100)
    assert run.returncode == 1
    assert "run the same command again" in err
    assert "Traceback" not in err
    vtrack("run", "--local", *SLOWLY, camera)
    assert vtrack.snapshot() == undisturbed
