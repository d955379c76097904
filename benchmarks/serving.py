"""How long requests take: `python -m benchmarks.serving [EVENTS]`, 1,000,000 unless told otherwise.

The service is started as its user starts it, on the database of `benchmarks.lookup`, and asked over HTTP: 50 times a
second for a parcel by its code, and twice a second for the progress of 10,000 open videos, at rest and while it works
through copies of the busy footage. Requests begin when they are due, whether earlier ones were answered or not, and
their time counts from then on: a client that waits for each answer would leave out those that a slow one holds up.
Told are milliseconds; and how many cores the service, this client and everything else on the machine had meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import psutil

from benchmarks.lookup import EVENTS, UNFINISHED, make, percentiles_ms
from benchmarks.sampling import footage

WARM_UP_S, MEASURED_S = 5.0, 30.0
AT_REST = 0.3
"""How much of a core a service that has nothing to do takes at most; one that has just started makes its backup."""
COPIES = 200
"""Enough not to come to an end meanwhile."""
PATIENCE_S = 120.0
HEAD = "| what | a second | median | 95 % | 99 % | longest | not answered | service | client | others |"


@dataclass(frozen=True)
class Question:
    """A request that is made again and again; `body` is made anew each time."""

    name: str
    rate: float
    method: str
    path: str
    body: Callable[[], object] | None = None


@dataclass(frozen=True)
class Service:
    """A service that runs."""

    home: Path
    pid: int
    address: str
    token: str


def questions(events: int) -> Sequence[Question]:
    def by_code() -> object:
        return {"tracking_codes": [f"SPX{random.randrange(events):09d}"]}  # noqa: S311

    return (
        Question("a parcel by its code", 50.0, "POST", "/query", by_code),
        Question(f"progress of {UNFINISHED:,} videos", 2.0, "GET", "/program-progress"),
    )


def vtrack(home: Path, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "vtrack_ray", *map(str, arguments), "--db", str(home / "bench.duckdb")]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "PYTHONUNBUFFERED": "1"}


def said(home: Path, *arguments: str | Path) -> str:
    ran = subprocess.run(vtrack(home, *arguments), env=environment(home), capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@contextmanager
def serving(home: Path) -> Iterator[Service]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    token = said(home, "token", "add", "bench", "--scope", "operate")
    options = ("--no-dashboard", "--set", f"HTTP_PORT={port}", "--set", "HTTP_RATE=1000")
    with (home / "up.log").open("w") as log:
        command = vtrack(home, "up", *options)
        up = subprocess.Popen(command, env=environment(home), stdout=log, stderr=subprocess.STDOUT)
        service = Service(home, up.pid, f"http://127.0.0.1:{port}", token)
        try:
            asyncio.run(until_ready(service))
            yield service
        finally:
            up.terminate()
            up.wait(PATIENCE_S)


async def until_ready(service: Service) -> None:
    deadline = time.monotonic() + PATIENCE_S
    async with aiohttp.ClientSession() as client:
        while time.monotonic() < deadline:
            try:
                async with client.get(f"{service.address}/api/v1/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.5)
    raise RuntimeError((service.home / "up.log").read_text())


async def asked(service: Service, question: Question, seconds: float) -> list[float | None]:
    """The time each request took from when it was due, in seconds; None: it was not answered with 200."""
    headers = {"Authorization": f"Bearer {service.token}"}
    connections = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(service.address, headers=headers, connector=connections) as client:

        async def taken(due: float) -> float | None:
            await asyncio.sleep(due - time.perf_counter())
            options: dict[str, Any] = {"json": question.body()} if question.body else {}
            async with client.request(question.method, question.path, **options) as answer:
                await answer.read()
            return time.perf_counter() - due if answer.status == 200 else None

        begin = time.perf_counter() + 0.1
        dues = [begin + number / question.rate for number in range(int(seconds * question.rate))]
        return list(await asyncio.gather(*(taken(due) for due in dues)))


def until_at_rest(service: Service) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        before, _, _ = cpu_s(service)
        time.sleep(WARM_UP_S)
        if cpu_s(service)[0] - before < AT_REST * WARM_UP_S:
            return
    raise RuntimeError(f"the service does not come to rest: {said(service.home, 'history')}")


def row(service: Service, question: Question) -> str:
    asyncio.run(asked(service, question, WARM_UP_S))
    before, began = cpu_s(service), time.monotonic()
    answers = asyncio.run(asked(service, question, MEASURED_S))
    lasted_s = time.monotonic() - began
    cores = [(after - earlier) / lasted_s for after, earlier in zip(cpu_s(service), before, strict=True)]
    taken = [one for one in answers if one is not None]
    numbers = [f"{one:.1f}" for one in (*percentiles_ms(taken), 1_000 * max(taken))]
    numbers += [str(len(answers) - len(taken)), *(f"{one:.2f}" for one in cores)]
    return f"| {question.name} | {question.rate:g} | {' | '.join(numbers)} |"


def cpu_s(service: Service) -> tuple[float, float, float]:
    """CPU seconds so far: of the service, of this client, of everything else."""
    own = time.process_time()
    up = psutil.Process(service.pid)
    trees = [one.cpu_times() for one in (up, *up.children(recursive=True))]
    of_service = sum(one.user + one.system + one.children_user + one.children_system for one in trees)
    # Steal and waiting are no work; guests' time is part of user time.
    whole = psutil.cpu_times()
    of_all = whole.user + whole.nice + whole.system + whole.irq + whole.softirq
    return of_service, own, of_all - of_service - own


def backlog(home: Path) -> Path:
    """A folder with the busy footage many times, each as the camera of its own."""
    root, truth = footage("busy")
    recorded = root / truth.cameras[0].videos[0].path
    once = Path(shutil.copyfile(recorded, home / recorded.name))
    for number in range(COPIES):
        camera = home / "backlog" / f"busy{number:03d}"
        camera.mkdir(parents=True)
        (camera / once.name).hardlink_to(once)
    return home / "backlog"


def tables(home: Path, events: int) -> Iterator[str]:
    with serving(home) as service:
        until_at_rest(service)
        yield f"\nat rest, ms\n\n{HEAD}\n|{' --- |' * HEAD.count(' | ')} --- |"
        for question in questions(events):
            yield row(service, question)
        said(home, "program", "custom", backlog(home))
        yield f"\nwhile it works through a backlog, ms\n\n{HEAD}\n|{' --- |' * HEAD.count(' | ')} --- |"
        time.sleep(WARM_UP_S)
        for question in questions(events):
            yield row(service, question)
        yield f"\n{said(home, 'status')}"
        said(home, "program", "stop")


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with TemporaryDirectory(prefix="vtrack-bench-") as folder:
        home = Path(folder)
        make(home / "bench.duckdb", events)
        for line in tables(home, events):
            print(line, flush=True)


if __name__ == "__main__":
    main()
