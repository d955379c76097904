"""`vtrack run` on Ray, as a process with real signals: the same tables as without Ray, whatever happens to it.

Where a run is interrupted, the one that goes on does so without Ray, but for one: starting Ray takes longest here.
"""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from tests.conftest import Footage, MadeOnce, Snapshot, Vtrack, taken_over
from tests.processes import sampling_worker, title

SLOWLY = ("--exhaustive", "--set", "SPAN_SECONDS=10")
"""Many spans of some work each, so that there is something to interrupt."""


@pytest.fixture(scope="module")
def slowly_finished(two_cameras: Footage, made_once: MadeOnce) -> Vtrack:
    """What such a run leaves behind, without Ray; only to be read."""
    return Vtrack(made_once("slowly_finished", lambda home: Vtrack(home)("run", "--local", *SLOWLY, two_cameras.root)))


@pytest.fixture(scope="module")
def undisturbed(slowly_finished: Vtrack) -> Snapshot:
    return slowly_finished.snapshot()


def test_the_tables_are_those_of_a_local_run(vtrack: Vtrack, two_cameras: Footage, undisturbed: Snapshot) -> None:
    said = vtrack("run", *SLOWLY, two_cameras.root)
    assert "4 done; 4 of them in this run" in said
    assert vtrack.snapshot() == undisturbed


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://[::1]:1", "nowhere.invalid:6379", "127.0.0.1:99999"])
def test_where_no_cluster_listens_a_sentence_says_so_at_once(
    vtrack: Vtrack, two_cameras: Footage, address: str
) -> None:
    started = time.monotonic()
    said = vtrack("run", "--address", address, two_cameras.root, status=1)
    assert f"Error: There is no Ray cluster at '{address}': " in said
    assert "gcs" not in said
    assert time.monotonic() - started < 20


def test_interrupted_by_a_signal_and_continued(vtrack: Vtrack, two_cameras: Footage, undisturbed: Snapshot) -> None:
    with vtrack.start("run", *SLOWLY, two_cameras.root) as run:
        sampling_worker(run)
        # As a terminal does it: to every process of the command.
        os.killpg(run.pid, signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "the same command goes on" in err
    assert not [video for video in vtrack.json("videos") if video["status"] == "sampling"]
    vtrack("run", "--local", *SLOWLY, two_cameras.root)
    assert vtrack.snapshot() == undisturbed


def test_a_forced_run_that_was_interrupted_goes_on_without_force(
    vtrack: Vtrack, two_cameras: Footage, slowly_finished: Vtrack, undisturbed: Snapshot
) -> None:
    taken_over(slowly_finished, vtrack)
    with vtrack.start("run", "--force", *SLOWLY, two_cameras.root) as run:
        sampling_worker(run)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "the same command without --force goes on" in err
    attempts = sum(video["attempts"] for video in vtrack.json("videos"))
    assert attempts < 8, "not all were begun again"
    vtrack("run", "--local", *SLOWLY, two_cameras.root)
    assert vtrack.snapshot() == undisturbed


def test_killed_and_continued(vtrack: Vtrack, two_cameras: Footage, undisturbed: Snapshot) -> None:
    with vtrack.start("run", *SLOWLY, two_cameras.root) as run:
        sampling_worker(run)
        processes = psutil.Process(run.pid).children(recursive=True)
        run.kill()
        run.communicate(timeout=60)
    for process in processes:
        # Ray's processes end by themselves once the driver is gone; the next run must not have to wait for that.
        if process.is_running():
            process.kill()
    psutil.wait_procs(processes, timeout=30)
    vtrack("run", *SLOWLY, two_cameras.root)
    assert vtrack.snapshot() == undisturbed


def test_a_killed_worker_fails_its_video_alone_and_the_next_run_mends_it(
    vtrack: Vtrack, two_cameras: Footage, undisturbed: Snapshot
) -> None:
    with vtrack.start("run", *SLOWLY, two_cameras.root) as run:
        sampling_worker(run).kill()
        out, err = run.communicate(timeout=200)
    assert run.returncode == 1, out + err
    assert "the process that worked on it died" in out
    statuses = sorted(video["status"] for video in vtrack.json("videos"))
    assert statuses == ["done", "done", "done", "failed"], out
    vtrack("run", "--local", "--force", *SLOWLY, two_cameras.root)
    assert vtrack.snapshot() == undisturbed


def test_when_an_actor_dies_the_run_ends_with_a_sentence_and_the_next_goes_on(
    vtrack: Vtrack, two_cameras: Footage, undisturbed: Snapshot
) -> None:
    with vtrack.start("run", *SLOWLY, two_cameras.root) as run:
        worker = sampling_worker(run)
        actors = psutil.Process(run.pid).children(recursive=True)
        [store] = [process for process in actors if title(process).startswith("ray::StoreActor")]
        store.kill()
        worker.resume()
        _, err = run.communicate(timeout=100)
    assert run.returncode == 1
    assert "run the same command again" in err
    assert "Traceback" not in err
    vtrack("run", "--local", *SLOWLY, two_cameras.root)
    assert vtrack.snapshot() == undisturbed


def test_while_a_run_goes_on_others_can_read_but_not_run(vtrack: Vtrack, two_cameras: Footage) -> None:
    with vtrack.start("run", *SLOWLY, two_cameras.root) as run:
        sampling_worker(run)
        assert "is held by process" in vtrack("run", "--local", two_cameras.root, status=1)
        assert "sampling" in {video["status"] for video in vtrack.json("videos")}
        assert {profile["camera_name"] for profile in vtrack.json("profile", "list")} == {"cam1", "cam2"}
        vtrack.json("events")
        os.kill(run.pid, signal.SIGTERM)
        run.communicate(timeout=60)
    assert run.returncode == 130
