"""The service as its users meet it: real processes, real signals, from the first `source add` to `down`."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.conftest import Footage, Vtrack
from tests.exported import assert_every_metric_comes_out
from tests.ledger.damage import needs_mounts, small_disk
from tests.processes import sampling_worker, title
from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.video import VideoStatus

UP = ("up", "--no-dashboard", "--no-metrics", "--no-http", "--set", "SETTLE_SECONDS=0")
_PATIENCE_S = 120.0


@contextmanager
def service(vtrack: Vtrack, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A service that is ready; it is killed if the test does not end it."""
    with vtrack.start(*UP, *options) as process:
        try:
            until(lambda: has_started(vtrack))
            yield process
        finally:
            process.kill()


def has_started(vtrack: Vtrack) -> bool:
    with vtrack.told() as answers:
        return any("the service has started" in one.text for one in answers.history())


def programs(vtrack: Vtrack) -> list[str]:
    """The state of each."""
    with vtrack.told() as answers:
        return [one.state.value for one in answers.programs()]


def cameras_done(vtrack: Vtrack) -> set[str]:
    """Those that have a video which is done."""
    with vtrack.told() as answers:
        return {one.camera_name for one in answers.videos() if one.status is VideoStatus.DONE}


def until(is_so: object) -> None:
    assert callable(is_so)
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        # A service that is just starting does not answer yet, and processes come and go.
        with suppress(LedgerError, psutil.NoSuchProcess):
            if is_so():
                return
        assert time.monotonic() < deadline, "it has not come to that"
        time.sleep(0.4)


def sessions_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_from_the_first_source_to_the_end(
    new_vtrack: Vtrack, finished: Vtrack, two_cameras: Footage, tmp_path: Path
) -> None:
    new_vtrack("source", "add", two_cameras.root)
    _, said = new_vtrack.both("program", "default")
    assert "`vtrack up` starts it" in said
    with service(new_vtrack, "--metrics") as process:
        until(lambda: new_vtrack.statuses() == {"done"})
        assert f"running, process {process.pid}" in new_vtrack("status")
        assert any("Agent" in title(one) for one in sessions_of(process)), "whatever exports them is called otherwise"
        assert_every_metric_comes_out(process.pid, two_cameras)
        assert [one["state"] for one in new_vtrack.json("program", "status")] == ["running"]
        assert {one["kind"] for one in new_vtrack.json("history")} >= {"service", "program", "scan", "batch", "done"}
        assert [one["left_s"] for one in new_vtrack.json("status")] == [0, 0]
        # Others are told what to do instead.
        assert "`vtrack program custom PATH`" in new_vtrack("run", two_cameras.root, status=1)
        assert "`vtrack down` ends it" in new_vtrack(*UP, status=1)
        new_vtrack("db", "backup", tmp_path / "copy.duckdb")
        assert "has ended" in new_vtrack("down")
        out, err = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0, out + err
    assert "the service has ended" in out
    assert "not running" in new_vtrack("status")
    assert new_vtrack.snapshot() == finished.snapshot()
    with Ledger.open(tmp_path / "copy.duckdb", read_only=True) as copy:
        assert copy.snapshot() == new_vtrack.snapshot()


def test_orders_given_while_it_works(vtrack: Vtrack, two_cameras: Footage) -> None:
    with service(vtrack, "--log-json") as process:
        vtrack("program", "pause")
        vtrack("program", "custom", two_cameras.root / "cam2")
        time.sleep(2)
        assert [one["state"] for one in vtrack.json("program", "status")] == ["waiting"]
        assert vtrack.json("videos") == []
        vtrack("program", "resume")
        until(lambda: programs(vtrack) == ["done"])
        assert {(one["camera_name"], one["status"]) for one in vtrack.json("videos")} == {("cam2", "done")}
        vtrack("filters", "set", "--cameras", "cam1")
        vtrack("source", "add", two_cameras.root)
        vtrack("program", "default")
        until(lambda: cameras_done(vtrack) == {"cam1", "cam2"})
        vtrack("program", "stop")
        until(lambda: set(programs(vtrack)) == {"done", "stopped"})
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0
    assert all(line.startswith("{") for line in out.splitlines())


def test_a_second_signal_ends_it_at_once_and_leaves_nothing(vtrack: Vtrack, two_cameras: Footage) -> None:
    with service(vtrack, "--set", "STOP_SECONDS=600") as process:
        vtrack("program", "custom", two_cameras.root)
        held = sampling_worker(process)
        started = sessions_of(process)
        process.send_signal(signal.SIGTERM)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_PATIENCE_S)
    _, alive = psutil.wait_procs(started, timeout=20)
    assert alive == [], held
    vtrack("db", "check")


@pytest.mark.parametrize("under_way", ["vtrack_ray.actors.session", "gcs_server"])
def test_asked_to_end_while_it_starts_it_ends_in_good_order(vtrack: Vtrack, under_way: str) -> None:
    with vtrack.start(*UP) as process:
        try:
            until(lambda: any(under_way in " ".join(one.cmdline()) for one in sessions_of(process)))
            started = sessions_of(process)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=_PATIENCE_S)
        finally:
            process.kill()
    assert process.returncode == 0, out + err
    assert "Traceback" not in out + err
    _, alive = psutil.wait_procs(started, timeout=20)
    assert alive == []


def test_killed_it_takes_all_that_it_started_with_it(vtrack: Vtrack) -> None:
    with service(vtrack) as process:
        started = sessions_of(process)
        agents = [title(one) for one in started if "Agent" in title(one)]
        assert not agents, "what nobody asks without metrics was started"
        # But for the folder of its logs, which tells whose it is.
        [session] = psutil.Process(process.pid).children()
        [mark] = Path(tempfile.gettempdir(), "ray").glob(f"session_*_{session.pid}/vtrack-database")
        assert mark.read_bytes() == os.fsencode(vtrack.db)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=_PATIENCE_S)
        _, alive = psutil.wait_procs(started, timeout=20)
        assert alive == []


@needs_mounts
def test_a_disk_that_fills_up_ends_no_more_than_the_work_until_there_is_room(
    finished: Vtrack, two_cameras: Footage, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", kilobytes=30_000) as disk:
        vtrack = Vtrack(disk)
        vtrack("source", "add", two_cameras.root)
        with service(vtrack) as process:
            vtrack("program", "default")
            until(lambda: "sampling" in vtrack.statuses())
            filler = filled(disk)
            assert any("is full. Make room" in line for line in process.stdout or ())
            filler.unlink()
            until(lambda: vtrack.statuses() == {"done"})
            assert "has ended" in vtrack("down")
        assert vtrack.snapshot() == finished.snapshot()


def filled(disk: Path) -> Path:
    """A file that takes all that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def test_there_is_no_dashboard_without_metrics(vtrack: Vtrack) -> None:
    assert "--no-metrics goes with --no-dashboard" in vtrack("up", "--no-metrics", status=2)


@pytest.mark.parametrize("command", ["up", "down"])
def test_without_a_service_to_end_or_a_database_to_use_a_sentence_says_so(vtrack: Vtrack, command: str) -> None:
    if command == "down":
        assert "No service is running." in vtrack("down")
    else:
        vtrack.db.write_text("{}")
        assert "is no DuckDB database" in vtrack(*UP, status=1)


def test_a_custom_path_that_is_not_there_is_refused_at_once(vtrack: Vtrack, tmp_path: Path) -> None:
    assert "does not exist" in vtrack("program", "custom", tmp_path / "nowhere", status=1)
    assert vtrack("program", "stop").strip() == "No program waits or runs."
