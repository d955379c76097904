"""A hundred nodes in one process: `python -m benchmarks.simulate --help`.

The scheduler, the ledger and the event detector are the real ones; the nodes and what is recorded are not: sampling
takes the measured time by a clock that leaps over waiting, and gives logs of the right shape, whose events are known.
The scheduler's own work takes as long as it takes, and so does that of the store and the event detector, which are
processes of their own: a call waits for those before it. What is written for another process and read there is written
and read here. Left out: Ray itself, but for the measured cost of its calls and tasks, and the network.

Told are how busy the nodes were between the first twentieth of the videos and the last, what each process worked for a
video, and whether the events are those that were recorded. Ends with status 1 if they are not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from benchmarks.simulation.backlog import add_done, add_waiting
from benchmarks.simulation.clock import Clock, SimulatedLoop
from benchmarks.simulation.head import SimulatedDetector, SimulatedStore
from benchmarks.simulation.nodes import Nodes
from benchmarks.simulation.recordings import BEGIN, ROOT, VIDEO_S, Recordings, Told, number_of
from vtrack_ray import instants
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Backlog, EventFilter, VideoFilter
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.program import ProgramKind, ProgramRequest
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.pipeline.garbage import collect_seldom
from vtrack_ray.pipeline.gathering import Gathering
from vtrack_ray.pipeline.scheduler import Scheduler
from vtrack_ray.settings import Settings

JSON = Path("build/bench/simulate.json")
STEADY = (0.05, 0.95)
"""From the first so many of the videos to the last so many: before and after, there is not work for all."""
NOW = BEGIN + timedelta(days=400)
_LOOK_S = 1.0
_TIMES = 200


@dataclass(frozen=True)
class Reading:
    """How things stand at some moment: seconds since the beginning, and what each has worked until then."""

    at_s: float
    done: int
    scheduler_s: float
    store_s: float
    detector_s: float
    busy_s: dict[str, float]
    memory_mb: float


class Watch:
    """Counts what is done, and reads how things stand at the edges of the steady part."""

    def __init__(self, simulation: Simulation, until: int) -> None:
        self._simulation = simulation
        self._edges = [max(1, round(until * edge)) for edge in STEADY]
        self.until = until
        self.done = 0
        self.kinds: dict[str, int] = {}
        self.readings: list[Reading] = []

    def occurred(self, occurrence: Occurrence) -> None:
        self.kinds[occurrence.kind] = self.kinds.get(occurrence.kind, 0) + 1
        if occurrence.kind is OccurrenceKind.DONE:
            self.done += 1
            if self.done in self._edges:
                self.readings.append(self._simulation.reading(self.done))

    def stands(self, backlog: Sequence[Backlog], under_way: int) -> None:
        pass

    def end(self) -> None:
        """The steady part is over, if it was not before."""
        if len(self.readings) < len(STEADY):
            self.readings.append(self._simulation.reading(self.done))


class Simulation:
    """One run of the scheduler over recordings, with other settings if they are given."""

    def __init__(self, options: argparse.Namespace, ledger: Ledger, clock: Clock, **settings: float) -> None:
        self.ledger = ledger
        self._clock = clock
        self.recordings = Recordings(options.videos, options.cameras)
        self.store = SimulatedStore(ledger, clock)
        self.detector = SimulatedDetector(self.store, clock)
        self.nodes = Nodes(
            options.nodes, options.slots, self.recordings, ledger, clock, has_failures=not options.no_failures
        )
        self.watch = Watch(self, options.until or options.videos)
        self._has_failures = not options.no_failures
        self._minutes = options.minutes
        given = {"BACKUP_HOURS": 0, "STOP_SECONDS": 600, "SCAN_INTERVAL_SECONDS": 604_800, **settings}
        self._settings = Settings.model_validate({"DB": ledger.path, **given})
        if options.before:
            add_done(ledger, options.before, NOW)
        if options.headers_read:
            add_waiting(ledger, self.recordings)
        ledger.add_root(ROOT, NOW)
        ledger.request_program(ProgramRequest(kind=ProgramKind.DEFAULT), NOW)

    async def run(self) -> None:
        """Until so many videos are done, or all."""
        began_s = self._clock.time()
        scheduler = Scheduler(
            settings=self._settings,
            store=Gathering(self.store),
            launcher=self.nodes,
            detector=self.detector,
            now=lambda: NOW + timedelta(seconds=self._clock.time() - began_s),
            observer=self.watch,
        )
        serving = asyncio.create_task(scheduler.serve())
        failing = asyncio.create_task(self.nodes.fail()) if self._has_failures else None
        ends_s = time.monotonic() + self._minutes * 60
        while self.watch.done < self.watch.until and not serving.done() and time.monotonic() < ends_s:
            await asyncio.sleep(_LOOK_S)
        self.watch.end()
        scheduler.end()
        await serving
        if failing:
            failing.cancel()
            with suppress(asyncio.CancelledError):
                await failing

    def reading(self, done: int) -> Reading:
        now_s = self._clock.time()
        with self._clock.aside():
            return Reading(
                at_s=now_s,
                done=done,
                scheduler_s=self._clock.worked_s,
                store_s=self.store.process.worked_s,
                detector_s=self.detector.process.worked_s,
                busy_s={node.name: node.busy_s(now_s) for node in self.nodes.known},
                memory_mb=psutil.Process().memory_info().rss / 2**20,
            )

    @property
    def events(self) -> int:
        """How many were found."""
        return sum(len(self.ledger.event_rows(EventFilter(cameras=(name,)))) for name in self.recordings.cameras)

    def empty_ms(self) -> float:
        """What the database takes for a statement that does nothing: how quick this machine is now."""
        with closing(self.ledger._connection.cursor()) as cursor, self._clock.aside() as spell:
            for _ in range(_TIMES):
                cursor.execute("SELECT 1").fetchall()
        return 1000 * spell.seconds / _TIMES

    def faults(self) -> Iterator[str]:
        """What is not as it was recorded, of the videos that are done."""
        for camera in self.recordings.cameras:
            videos = self.ledger.videos(VideoFilter(cameras=(camera,)))
            if unsound := [row.path for row in videos if row.status is VideoStatus.FAILED]:
                yield f"{camera}: {len(unsound)} videos failed"
            done = [number_of(_known(row.started_at)) for row in videos if row.status in _CONCLUDED]
            told = self.recordings.told(camera, done)
            found = [
                Told(instants.to_us(one.started_at), instants.to_us(one.ended_at), one.tracking_codes, one.status)
                for one in self.ledger.event_rows(EventFilter(cameras=(camera,)))
            ]
            if told != found:
                missing, invented = len({*told} - {*found}), len({*found} - {*told})
                yield f"{camera}: {missing} events of {len(told)} are missing, and {invented} are none"


_CONCLUDED = (VideoStatus.DONE, VideoStatus.NO_ACTIVITY)


def _known(instant: datetime | None) -> datetime:
    if instant is None:
        raise RuntimeError("a video is done whose header was never read")
    return instant


def result_of(simulation: Simulation, options: argparse.Namespace, took_s: float) -> dict[str, Any]:
    """The figures of a run."""
    first, last = simulation.watch.readings[0], simulation.watch.readings[-1]
    if first.done == last.done:
        sys.exit(f"No more than {last.done} videos were done: give it more --minutes.")
    videos, seconds = last.done - first.done, last.at_s - first.at_s
    there = [node for node in simulation.nodes.nodes if node.name in first.busy_s]
    shares = [(last.busy_s[n.name] - first.busy_s[n.name]) / (seconds * n.slots) for n in there]
    ms = {
        name: 1000 * (getattr(last, f"{name}_s") - getattr(first, f"{name}_s")) / videos
        for name in ("scheduler", "store", "detector")
    }
    return {
        "videos": options.videos,
        "before": options.before,
        "done": simulation.watch.done,
        "nodes": options.nodes,
        "slots": options.slots,
        "videos_a_second": videos / seconds,
        "footage_by_time": videos * VIDEO_S / seconds,
        "busy_mean": sum(shares) / len(shares),
        "busy_least": min(shares),
        **{f"{name}_ms": value for name, value in ms.items()},
        "empty_ms": simulation.empty_ms(),
        "memory_first_mb": first.memory_mb,
        "memory_last_mb": last.memory_mb,
        "events": simulation.events,
        "crashed": simulation.nodes.crashed,
        "lost": simulation.nodes.lost,
        "late": simulation.nodes.late,
        "late_refused": simulation.nodes.late_refused,
        "history": simulation.watch.kinds,
        "simulated_s": last.at_s,
        "took_s": took_s,
        "store_calls": {
            name: {"calls": calls, "ms_a_video": 1000 * seconds / simulation.watch.done}
            for name, (calls, seconds) in sorted(simulation.store.by_call.items(), key=lambda item: -item[1][1])
        },
    }


def table_of(result: dict[str, Any]) -> Iterator[str]:
    """The figures for a person."""
    yield "| | |"
    yield "| --- | --- |"
    yield f"| videos waiting, of 10 minutes | {result['videos']:,} |"
    yield f"| videos done before | {result['before']:,} |"
    yield f"| videos done in the run | {result['done']:,} |"
    yield f"| nodes, slots of each | {result['nodes']}, {result['slots']} |"
    yield f"| nodes busy: mean, least | {result['busy_mean']:.1%}, {result['busy_least']:.1%} |"
    yield f"| videos a second | {result['videos_a_second']:.1f} |"
    for name in ("scheduler", "store", "detector"):
        yield f"| {name}, ms a video | {result[f'{name}_ms']:.2f} |"
    yield f"| a statement that does nothing, ms | {result['empty_ms']:.2f} |"
    yield f"| memory at 5 % and 95 %, MB | {result['memory_first_mb']:.0f}, {result['memory_last_mb']:.0f} |"
    yield f"| events | {result['events']:,} |"
    yield f"| jobs that crashed, that were lost | {result['crashed']}, {result['lost']} |"
    yield f"| late answers, of them refused | {result['late']}, {result['late_refused']} |"
    yield f"| simulated s, s that it took | {result['simulated_s']:.0f}, {result['took_s']:.0f} |"


def calls_of(result: dict[str, Any]) -> Iterator[str]:
    """What the store was asked."""
    yield "| call of the store | calls | ms a video |"
    yield "| --- | --- | --- |"
    for name, call in result["store_calls"].items():
        yield f"| {name} | {call['calls']:,} | {call['ms_a_video']:.2f} |"


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.simulate")
    parser.add_argument("--videos", type=int, default=2_000, help="that wait (2,000)")
    parser.add_argument("--cameras", type=int, default=200, help="that recorded them (200)")
    parser.add_argument("--nodes", type=int, default=100, help="(100)")
    parser.add_argument("--slots", type=int, default=2, help="videos at once on a node (2, as BATCH_SIZE_DEFAULT)")
    parser.add_argument("--before", type=int, default=0, help="that were done before, put in by hand (0)")
    parser.add_argument("--headers-read", action="store_true", help="put all of them in by hand, their headers read")
    parser.add_argument("--until", type=int, default=0, help="end when so many are done (all)")
    parser.add_argument("--minutes", type=float, default=60.0, help="end after so many (60)")
    parser.add_argument("--no-failures", action="store_true", help="no job crashes, and no node is lost")
    parser.add_argument("--cpu", action="store_true", help="count processor time, on a machine with other work")
    parser.add_argument("--json", type=Path, default=JSON, help=f"where the figures go ({JSON})")
    return parser.parse_args(arguments)


def main() -> None:
    options = options_of()
    collect_seldom()  # as each of the processes does
    began_s = time.monotonic()
    clock = Clock(time.process_time if options.cpu else time.perf_counter)
    with (
        TemporaryDirectory(prefix="vtrack-simulate-") as folder,
        Ledger.open(Path(folder) / "simulate.duckdb") as ledger,
    ):
        simulation = Simulation(options, ledger, clock)
        with closing(SimulatedLoop(clock)) as loop:
            loop.run_until_complete(simulation.run())
        faults = list(simulation.faults())
        result = result_of(simulation, options, time.monotonic() - began_s)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2))
    print(*table_of(result), "", *calls_of(result), *faults, sep="\n")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
