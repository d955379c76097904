"""Hosts of their own on this machine: network namespaces, each with an address, on one bridge."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.conftest import Vtrack
from tests.processes import title

_HIDE = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
"""`ip netns exec` gives the command mounts of its own."""
_SAMPLING = "ray::sample:"
_HELD_S, _ANSWERS_S = 3.0, 0.3
"""So long a process may be held still, and so long it takes to answer: Ray asks every five seconds if it is there."""
_UNSEEN_S = 10.0
"""Where no process is seen at work for so long, all has been done."""
_DEAD_S = 10.0
_LOOK_AGAIN_S = 0.1

needs_hosts = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None,
    reason="only root can make network namespaces, with ip (Debian's iproute2)",
)


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Host:
    """One host: its processes see its own network, and as their home a folder of its own."""

    name: str
    address: str
    home: Path
    ray_folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def vtrack(self) -> Vtrack:
        return Vtrack(self.home)

    def start(self, *arguments: str | Path, hidden: Path | None = None) -> subprocess.Popen[str]:
        """A `vtrack` command; it sees an empty folder where `hidden` is."""
        command = [sys.executable, "-m", "vtrack_ray", *map(str, arguments)]
        if hidden is not None:
            empty = self.home / "empty"
            empty.mkdir(exist_ok=True)
            command = ["sh", "-c", _HIDE, "sh", str(empty), str(hidden), *command]
        said = (self.home / "said").open("a")
        with said:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command],
                env={**self.vtrack.environment, "RAY_TMPDIR": str(self.ray_folder)},
                stdout=said,
                stderr=said,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    @property
    def said(self) -> str:
        """All that its commands have printed."""
        return (self.home / "said").read_text()

    def processes(self) -> list[psutil.Process]:
        found = []
        for pid in ip("netns", "pids", self.name).split():
            with suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(int(pid)))
        return found

    def kill(self) -> None:
        """As if its power was cut."""
        while found := self.processes():  # more than once: they may just be starting others
            for process in found:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(found, _DEAD_S)
        for started in self.started:
            started.wait()

    def cut(self) -> None:
        """Pulls its network cable."""
        ip("-n", self.name, "link", "set", "eth0", "down")

    def mend(self) -> None:
        ip("-n", self.name, "link", "set", "eth0", "up")

    def samplers(self) -> list[psutil.Process]:
        """Its processes that are at work on a span."""
        return [process for process in self.processes() if title(process).startswith(_SAMPLING)]

    def held_sampler(self, limit_s: float) -> psutil.Process | None:
        """One that is at work on a span, held still, so that the work can't end; None if none is seen for so long.

        Ray takes it for lost when it has not answered for ten seconds.
        """
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            for process in self.samplers():
                with suppress(psutil.NoSuchProcess):
                    process.suspend()
                    if title(process).startswith(_SAMPLING):
                        return process
                    process.resume()
            time.sleep(_LOOK_AGAIN_S)
        return None


@contextmanager
def hosts(folder: Path, count: int) -> Iterator[list[Host]]:
    """So many hosts, with all that runs on them gone at the end."""
    mark = os.getpid() % 10_000
    bridge, net = f"vt{mark}", f"10.{200 + mark % 50}.{mark % 250}"
    made: list[Host] = []
    ip("link", "add", bridge, "type", "bridge")
    try:
        ip("addr", "add", f"{net}.254/24", "dev", bridge)
        ip("link", "set", bridge, "up")
        for number in range(1, count + 1):
            name, address = f"{bridge}-{number}", f"{net}.{number}"
            home = folder / f"host{number}"
            home.mkdir()
            # Short: sockets in it may have no long paths.
            one = Host(name, address, home, Path(tempfile.mkdtemp(prefix="vt")))
            ip("netns", "add", name)
            made.append(one)
            ip("link", "add", f"{name}a", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"{name}a", "master", bridge, "up")
            ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "lo", "up")
            one.mend()
        yield made
    finally:
        for one in made:
            one.kill()
            ip("link", "del", f"{one.name}a")  # else it is there until the kernel has cleaned up the namespace
            ip("netns", "del", one.name)
            shutil.rmtree(one.ray_folder, ignore_errors=True)
        ip("link", "del", bridge)


def give_token(head: Host, *others: Host) -> None:
    """Copies the secret that all of a cluster's machines share."""
    token = head.home / ".ray" / "auth_token"
    for other in others:
        (other.home / ".ray").mkdir(exist_ok=True)
        shutil.copy(token, other.home / ".ray" / "auth_token")


def at_work_beside(
    head: Host, worker: Host, limit_s: float = 90.0, *, ask_again: Callable[[], None] | None = None
) -> psutil.Process:
    """One of the worker's processes that is at work on a span, held still; the head's too are at work.

    A head that did all before anybody saw it is asked again.
    """
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        # Slowed down, or it might have done all before the other machine begins.
        heads = head.held_sampler(_UNSEEN_S if ask_again else limit_s)
        if heads is None and ask_again:
            ask_again()
            continue
        assert heads is not None, ("the head does not work", head.said)
        held = worker.held_sampler(_HELD_S)
        heads.resume()
        if held is not None:
            return held
        time.sleep(_ANSWERS_S)
    raise AssertionError("the worker does not work", worker.said)
