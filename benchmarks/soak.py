"""What a day of Default mode leaves behind: `python -m benchmarks.soak [SCANS]`, 96 unless told otherwise.

The scheduler runs in this process, with the real ledger, event detector and sampler, and with a clock that is put on by
a quarter of an hour once all is done that has arrived. At each scan two clips of each of three cameras have arrived,
one of which was being written a moment before and so is left for the next scan; a clip is deleted after six hours. The
process's memory, file descriptors, threads, objects and asyncio tasks are told for each hour, and the database's size
after a CHECKPOINT: by row, and beside that of a copy which holds the same rows and nothing else.

Ends with status 1 if one of them has grown, from the first quarter of the hours to the last, beyond its bound.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import psutil

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Backlog
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.program import ProgramKind, ProgramRequest
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.pipeline.detector import EventDetector
from vtrack_ray.pipeline.launcher import LocalLauncher, LocalStore
from vtrack_ray.pipeline.scheduler import Scheduler
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.settings import Settings

SCANS, SCANS_AN_HOUR = 96, 4
CAMERAS = ("cam1", "cam2", "cam3")
CLIPS_AGO_S = (300, 5)
"""How long before a scan each camera's clips were finished; the last one has not settled yet."""
KEPT = timedelta(hours=6)
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

COUNTS = ("descriptors", "threads", "tasks")
"""Of which there are to be as many at the end as at the beginning."""

_LOOK_AGAIN_S = 0.1
_PATIENCE_S = 120.0

MEMORY_MAY_GROW_BY = 0.10
OBJECTS_MAY_GROW_BY = 0.02
"""Of the median of the first quarter. The C library and DuckDB keep memory that they had once, in no fixed amount."""
DATABASE_MAY_EXCEED_COPY_BY = 1.0
"""A checkpoint writes what has changed before it frees what that replaces, for a later one to write to."""


@dataclass(frozen=True)
class Clip:
    """The one that is copied again and again."""

    path: Path
    duration_s: float
    events: int


@dataclass(frozen=True)
class Reading:
    """How things stand once all is done that has arrived."""

    hour: float
    videos: int
    memory_mb: float
    descriptors: int
    threads: int
    tasks: int
    objects: int
    rows: int
    database_kb: float
    copy_kb: float

    @property
    def row_bytes(self) -> float:
        return self.database_kb * 1024 / self.rows


class Clock:
    """Stands still until it is put on."""

    def __init__(self) -> None:
        self._now = BEGIN

    def now(self) -> datetime:
        return self._now

    def put_on(self, by: timedelta) -> None:
        self._now += by


class Scans:
    """Counts the scans that the scheduler tells of, and keeps what ought not to happen."""

    def __init__(self) -> None:
        self.made = 0
        self.trouble: list[str] = []

    def occurred(self, occurrence: Occurrence) -> None:
        match occurrence.kind:
            case OccurrenceKind.SCAN:
                self.made += 1
            case OccurrenceKind.FAILED | OccurrenceKind.RETRY | OccurrenceKind.TROUBLE | OccurrenceKind.STALE:
                self.trouble.append(occurrence.text)

    def stands(self, backlog: Sequence[Backlog], under_way: int) -> None:
        pass


class Recorders:
    """Cameras whose clips arrive in folders of their own, and are deleted when they are old."""

    def __init__(self, root: Path, clip: Clip, cameras: Sequence[str]) -> None:
        self.root = root
        self.written = 0
        self.cameras = cameras
        self._clip = clip
        for camera in cameras:
            (root / camera).mkdir(parents=True)

    def write(self, at: datetime) -> None:
        """The clips that were finished shortly before."""
        for camera in self.cameras:
            for ago_s in CLIPS_AGO_S:
                ended = at - timedelta(seconds=ago_s)
                started = ended - timedelta(seconds=self._clip.duration_s)
                path = self.root / camera / f"{camera}_{started.astimezone(ZONE):%Y%m%d_%H%M%S}.mp4"
                shutil.copyfile(self._clip.path, path)
                os.utime(path, (ended.timestamp(), ended.timestamp()))
                self.written += 1

    def forget(self, before: datetime) -> None:
        """Deletes the clips that were finished before."""
        for path in self.root.rglob("*.mp4"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()


def rendered(folder: Path) -> Clip:
    """A clip of one packing."""
    order = Order(
        seed=5,
        cameras=("clip",),
        packing=Packing(events=1, event_s=(6, 6), before_s=3, after_s=3),
        look=Look(width_px=640, height_px=360, label_module_px=2.4),
        recording=Recording(creation_time=False),  # the copies' names tell their starts
    )
    [camera] = render(order, folder).cameras
    [video] = camera.videos
    return Clip(folder / video.path, video.duration_s, len(camera.events))


class Soak:
    """A scheduler at work in `folder`, for so many scans."""

    def __init__(
        self, folder: Path, clip: Clip, ledger: Ledger, cameras: Sequence[str] = CAMERAS, kept: timedelta = KEPT
    ) -> None:
        self._kept = kept
        self._folder = folder
        self._ledger = ledger
        self._clock = Clock()
        self._recorders = Recorders(folder / "footage", clip, cameras)
        self.scans = Scans()
        store = LocalStore(ledger)
        self._scheduler = Scheduler(
            settings=Settings(DB=ledger.path),
            store=store,
            launcher=LocalLauncher(),
            detector=EventDetector(store),
            now=self._clock.now,
            observer=self.scans,
        )
        ledger.add_root(str(self._recorders.root), BEGIN)
        ledger.request_program(ProgramRequest(kind=ProgramKind.DEFAULT), BEGIN)

    @property
    def written(self) -> int:
        return self._recorders.written

    async def run(self, scans: int, each: Callable[[Reading], None]) -> None:
        """Serves for so many scans, and one more for the clips that had not settled; `each` is told every hour."""
        serving = asyncio.create_task(self._scheduler.serve())
        for number in range(1, scans + 1):
            self._recorders.write(self._clock.now())
            await self._scanned(serving, len(self._recorders.cameras))
            if number % SCANS_AN_HOUR == 0:
                each(self._reading(number / SCANS_AN_HOUR))
            self._clock.put_on(timedelta(seconds=Settings().SCAN_INTERVAL_SECONDS))
            self._recorders.forget(self._clock.now() - self._kept)
        await self._scanned(serving, 0)
        self._scheduler.end()
        await serving

    async def _scanned(self, serving: asyncio.Task[None], unsettled: int) -> None:
        """Waits until the scan that is due was made, and all that it took is done."""
        made, deadline = self.scans.made, time.monotonic() + _PATIENCE_S
        while self.scans.made == made or not self._is_done(unsettled):
            if serving.done():
                serving.result()
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done {_PATIENCE_S:g} s after a scan: {self._ledger.counts()}")
            self._scheduler.look()
            await asyncio.sleep(_LOOK_AGAIN_S)

    def _is_done(self, unsettled: int) -> bool:
        # The ledger has a video as done a moment before its worker has ended.
        is_idle = not self._scheduler._crew
        return is_idle and self._ledger.counts()[VideoStatus.DONE] == self.written - unsettled

    def _reading(self, hour: float) -> Reading:
        gc.collect()
        process = psutil.Process()
        rows = sum(count for count in self._ledger.read_tables().values() if isinstance(count, int))
        with closing(self._ledger._connection.cursor()) as cursor:
            cursor.execute("CHECKPOINT")
        copy = self._folder / "copy.duckdb"
        self._ledger.backup(copy)
        return Reading(
            hour=hour,
            videos=self._ledger.counts()[VideoStatus.DONE],
            memory_mb=process.memory_info().rss / 2**20,
            descriptors=process.num_fds(),
            threads=threading.active_count(),
            tasks=len(asyncio.all_tasks()),
            objects=len(gc.get_objects()),
            rows=rows,
            database_kb=self._ledger.path.stat().st_size / 1024,
            copy_kb=copy.stat().st_size / 1024,
        )


def grown(readings: Sequence[Reading]) -> Iterator[str]:
    """What has grown beyond its bound from the first quarter of the readings to the last."""
    quarter = max(1, len(readings) // 4)
    first, last = readings[:quarter], readings[-quarter:]

    def medians(name: str) -> tuple[float, float]:
        before, after = (median(getattr(one, name) for one in part) for part in (first, last))
        return before, after

    bounds = {"memory_mb": MEMORY_MAY_GROW_BY, "objects": OBJECTS_MAY_GROW_BY} | dict.fromkeys(COUNTS, 0.0)
    for name, share in bounds.items():
        before, after = medians(name)
        if after > before * (1 + share):
            yield f"{name} grew from {before:.0f} to {after:.0f}, by more than {share:.0%}"
    (_, database_kb), (_, copy_kb) = medians("database_kb"), medians("copy_kb")
    if database_kb > copy_kb * (1 + DATABASE_MAY_EXCEED_COPY_BY):
        yield f"the database takes {database_kb:.0f} KB, of which its rows need {copy_kb:.0f}"


def main() -> None:
    scans = int(sys.argv[1]) if len(sys.argv) > 1 else SCANS
    names = [*(field.name.replace("_", " ") for field in fields(Reading)), "bytes a row"]
    print(f"| {' | '.join(names)} |\n|{' --- |' * len(names)}")
    readings: list[Reading] = []

    def told(reading: Reading) -> None:
        readings.append(reading)
        print(f"| {' | '.join(f'{value:.0f}' for value in (*astuple(reading), reading.row_bytes))} |", flush=True)

    began_s = time.monotonic()
    with TemporaryDirectory(prefix="vtrack-soak-") as name:
        folder = Path(name)
        with Ledger.open(folder / "soak.duckdb") as ledger:
            soak = Soak(folder, rendered(folder / "clip"), ledger)
            asyncio.run(soak.run(scans, told))
            events = len(ledger.events())
    faults = [*soak.scans.trouble, *grown(readings)]
    if events != soak.written:
        faults.append(f"{soak.written} clips of one packing each gave {events} events")
    took_s = time.monotonic() - began_s
    print(f"\n{scans} scans, {soak.written} clips and {events} events in {took_s:.0f} s", *faults, sep="\n")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
