"""Poison: videos that crash the decoder natively, make it hang, or eat memory end with their reason; no other is lost.

What is changed for it is how files of certain names are opened, in whichever process opens them.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.changed import ChangedVtrack
from tests.conftest import THIRD, TINY, Footage, MadeOnce, Vtrack
from tests.processes import title
from vtrack_ray.errors import LedgerError
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Order, Packing
from vtrack_ray.render.truth import read_truth

TIMEOUT_S = 10
MEMORY_MB = 500
NEEDS_MORE = f"it needs more than {MEMORY_MB} MB of memory (TASK_MEMORY_MB)"
FREE_WITHIN_S = 5.0
LOOK_AGAIN_S = 0.1
PATIENCE_S = 200.0
SETTINGS = (
    *("--set", f"TIMEOUT_SECONDS={TIMEOUT_S}"),
    *("--set", f"TASK_MEMORY_MB={MEMORY_MB}"),
)
SERVICE = (
    *("--set", "RETRIES=1"),
    *("--set", "RETRY_SECONDS=1"),
    *("--set", "SETTLE_SECONDS=0"),
    *("--set", "BATCH_SIZE_DEFAULT=1"),
    *("--set", "BATCH_SIZE_MAX=1"),
)
"""One at a time: what comes behind the video that hangs has to wait for its slot."""

POISON = ("crash", "greedy", "hang", "starve")
"""Each in a camera of its own, before a sound video of that camera."""

FAULTS = '''
import ctypes
import os
import signal
from pathlib import Path

BLOCK, MOST = 8 * 2**20, 2 * 2**30
KEPT = []  # for as long as the process lives


def taken():
    """Takes memory behind Python's back, and never gives it back, until it is refused or the machine might suffer."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes = [ctypes.c_size_t]
    libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
    size, block, everything = 0, BLOCK, 0
    while block >= 2**12 and everything < MOST:
        if memory := libc.malloc(block):
            libc.memset(memory, 1, block)
            everything += block
        else:
            block //= 2
    return everything


def poisoned(opened):
    def opened_or_worse(path, **how):
        name = Path(path).name
        if name.startswith("crash"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if name.startswith("hang"):
            while True:
                ctypes.PyDLL(None).pause()  # in C, and with the GIL held
        if name.startswith("greedy"):
            try:
                while len(KEPT) * BLOCK < MOST:
                    KEPT.append(bytearray(BLOCK))
            except MemoryError:
                del KEPT[-2:]  # enough for the process to live on
                raise
        if name.startswith("starve"):
            taken()
        return opened(path, **how)

    return opened_or_worse


def change(module):
    module.opened = poisoned(module.opened)
'''


def beside(poison: str) -> str:
    """The camera that such a video lies in."""
    return f"with-{poison}"


LEAK = f"""
from vtrack_ray.actors.work import _work
from vtrack_ray.errors import SamplerCrashed
from vtrack_ray.settings import Settings

kept = []

def leak():
    for _ in range(1000):
        kept.append(bytearray({MEMORY_MB} * 2**20 // 50))

def use():
    return len(bytearray({MEMORY_MB} * 2**20 // 2))

for function in (use, leak, use):
    try:
        print(_work(function, (), {{}}, Settings(TASK_MEMORY_MB={MEMORY_MB}), None, None).result)
    except SamplerCrashed as error:
        print(error)
"""
"""Jobs that follow each other in one process; what the second has taken is never given back."""

STARVED = f"""
{FAULTS}
from vtrack_ray.actors.work import _work
from vtrack_ray.settings import Settings

print(_work(taken, (), {{}}, Settings(TASK_MEMORY_MB={MEMORY_MB}), None, None).result)
import json.tool  # what is told of a job takes memory
"""


@pytest.fixture
def poisoned(tmp_path: Path, request: pytest.FixtureRequest) -> Vtrack:
    """`vtrack` whose processes, and theirs, fall ill of the videos above where that module opens them."""
    home = tmp_path / "home"
    home.mkdir()
    return ChangedVtrack(home, request.param, FAULTS)


WHEN_SAMPLED = pytest.mark.parametrize("poisoned", ["vtrack_ray.footage.reader"], indirect=True, ids=["when sampled"])
AT_ONCE = pytest.mark.parametrize("poisoned", ["vtrack_ray.footage.container"], indirect=True, ids=["at once"])
"""Whoever opens them, even to read their headers."""


@pytest.fixture(scope="module")
def footage(made_once: MadeOnce) -> Footage:
    """A camera for each kind of poison with a sound video behind it, and one that has nothing but sound videos."""
    order = Order(
        seed=8,
        cameras=(*map(beside, POISON), "sound"),
        packing=Packing(events=1, event_s=(6, 8), idle_s=(3, 4), before_s=3, after_s=3),
        look=TINY,
        recording=replace(THIRD, creation_time=False),
    )

    def make(folder: Path) -> None:
        render(order, folder)
        for name in POISON:
            [sound] = (folder / beside(name)).iterdir()
            shutil.copy(sound, folder / beside(name) / f"{name}_20261031_080000.mp4")

    root = made_once("poison", make)
    return Footage(root, read_truth(root))


def by_kind(vtrack: Vtrack) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """The poison videos by their kind, and the sound ones."""
    videos = vtrack.json("videos")
    assert len(videos) == 2 * len(POISON) + 1
    kinds = {Path(video["path"]).name.partition("_20261031_")[0]: video for video in videos}
    return {kind: kinds[kind] for kind in POISON}, [v for v in videos if "_20261031_" not in v["path"]]


def assert_no_sound_video_is_lost(vtrack: Vtrack, footage: Footage, sound: list[dict[str, Any]]) -> None:
    assert {(video["status"], video["reason"]) for video in sound} == {("done", None)}
    found = {event["camera_name"]: event for event in vtrack.json("events")}
    assert set(found) == {*map(beside, POISON), "sound"}
    for camera in footage.truth.cameras:
        [true], event = camera.events, found[camera.camera_name]
        assert event["tracking_codes"] == list(true.tracking_codes)
        for end in ("started_at", "ended_at"):
            off = datetime.fromisoformat(event[end]) - getattr(true, end)
            assert abs(off.total_seconds()) <= 0.5, (end, event)


def assert_reasons(poison: dict[str, dict[str, Any]]) -> None:
    statuses = {kind: video["status"] for kind, video in poison.items()}
    assert statuses == {"crash": "failed", "greedy": "failed", "hang": "timeout", "starve": "failed"}
    assert "the process that worked on it died" in poison["crash"]["reason"]
    assert poison["greedy"]["reason"] == NEEDS_MORE
    # Native code that is refused memory may end its process.
    assert (
        "the process that worked on it died" in poison["starve"]["reason"] or poison["starve"]["reason"] == NEEDS_MORE
    )
    assert f"of work (TIMEOUT_SECONDS is {TIMEOUT_S})" in poison["hang"]["reason"]


@contextlib.contextmanager
def service(vtrack: Vtrack) -> Iterator[subprocess.Popen[str]]:
    with vtrack.start("up", "--no-dashboard", "--no-metrics", "--no-http", *SETTINGS, *SERVICE) as up:
        try:
            yield up
            up.send_signal(signal.SIGTERM)
            out, err = up.communicate(timeout=PATIENCE_S)
            assert up.returncode == 0, out + err
        finally:
            if up.poll() is None:
                for process in [*psutil.Process(up.pid).children(recursive=True), psutil.Process(up.pid)]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()


def wait_until_all_have_ended(vtrack: Vtrack) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(LedgerError):  # a service that is just starting does not answer yet
            statuses = vtrack.statuses()
            if statuses and not statuses & {"pending", "sampling"}:
                return
        time.sleep(0.5)
    raise AssertionError(f"not all videos have ended: {vtrack('videos')}\n{vtrack('history')}")


@WHEN_SAMPLED
@pytest.mark.timeout(600)
def test_the_service_gives_poison_up_and_loses_no_other_video(poisoned: Vtrack, footage: Footage) -> None:
    poisoned("source", "add", footage.root)
    poisoned("program", "default")
    with service(poisoned) as up:
        watch = Watch(up)
        watch.start()
        wait_until_all_have_ended(poisoned)
        watch.end()
    poison, sound = by_kind(poisoned)
    assert_reasons(poison)
    assert "; 0.0 of " in poison["hang"]["reason"]
    assert_no_sound_video_is_lost(poisoned, footage, sound)
    history = poisoned.json("history", "--most", "1000")
    told = [(one["kind"], one["camera_name"]) for one in history if one["kind"] in ("retry", "failed", "timeout")]
    failing = [name for name in POISON if name != "hang"]
    assert sorted(told) == sorted(
        [("timeout", beside("hang")), *[(kind, beside(name)) for kind in ("retry", "failed") for name in failing]]
    )
    assert not [one for one in history if one["kind"] in ("restart", "stale")]
    assert watch.free_after_s, "nothing was worked on after the video that hangs"
    assert max(watch.free_after_s) < FREE_WITHIN_S


class Watch(threading.Thread):
    """Sees how long after each job on the video that hangs there is one on another video."""

    def __init__(self, up: subprocess.Popen[str]) -> None:
        super().__init__(daemon=True)
        self._up = psutil.Process(up.pid)
        self._is_over = threading.Event()
        self.free_after_s: list[float] = []

    def run(self) -> None:
        hung_at_s: float | None = None
        while not self._is_over.wait(LOOK_AGAIN_S):
            titles = [title(process) for process in self._up.children(recursive=True)]
            jobs = [one for one in titles if one.startswith(("ray::sample:", "ray::survey:", "ray::second look:"))]
            if any(f":{beside('hang')}/hang_" in one for one in jobs):
                hung_at_s = time.monotonic()
            elif jobs and hung_at_s is not None:
                self.free_after_s.append(time.monotonic() - hung_at_s)
                hung_at_s = None

    def end(self) -> None:
        self._is_over.set()
        self.join()


@AT_ONCE
@pytest.mark.timeout(600)
def test_a_run_gives_poison_up_and_loses_no_other_video(poisoned: Vtrack, footage: Footage) -> None:
    said = poisoned("run", *SETTINGS, footage.root, status=1)
    poison, sound = by_kind(poisoned)
    assert_reasons(poison)
    assert_no_sound_video_is_lost(poisoned, footage, sound)
    for video in poison.values():
        assert f"{video['path']}: {video['reason']}" in said


def test_what_a_job_leaves_in_memory_is_not_held_against_the_next() -> None:
    said = subprocess.run([sys.executable, "-c", LEAK], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    used = str(MEMORY_MB * 2**20 // 2)
    assert said.stdout.splitlines() == [used, NEEDS_MORE, used]


def test_what_is_told_of_a_job_that_took_all_memory_is_not_refused_any() -> None:
    said = subprocess.run([sys.executable, "-c", STARVED], capture_output=True, text=True, timeout=PATIENCE_S)
    assert said.returncode == 0, said.stderr
    assert 0.9 < int(said.stdout) / (MEMORY_MB * 2**20) < 1.1
