"""How long finding files takes: `python -m benchmarks.scanning [FILES]`, 100,000 unless told otherwise.

Tiny files in 20 camera folders with 50 day folders each, made in a temporary folder and so in the system's memory.
Told are the seconds of a first scan, of a second one with nothing new, and of what the scheduler then asks whenever it
has a slot: each on its own, the median of several where it can be repeated. The headers are put in by hand.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.sources.local import scan
from vtrack_ray.sources.settling import Settling
from vtrack_ray.sources.walk import Walk

FILES, CAMERAS, DAYS = 100_000, 20, 50
TIMES = 5
SHORTLIST = 1000
HEADERS = """
    UPDATE file_list
    SET started_at = TIMESTAMP '2026-11-01' + to_seconds(hash(path) % 4_000_000), start_basis = 'name',
        duration_s = 900, width_px = 1920, height_px = 1080, codec = 'h264'
"""

Row = tuple[str, float, float]


def make_files(root: Path, number: int) -> None:
    for camera in range(CAMERAS):
        for day in range(DAYS):
            folder = root / f"cam{camera:02}" / f"2026-{day // 28 + 1:02}-{day % 28 + 1:02}"
            folder.mkdir(parents=True)
            for clip in range(number // (CAMERAS * DAYS)):
                (folder / f"{clip:06}.mp4").write_bytes(b"x")


def measured(name: str, work: Callable[[], object], times: int = TIMES) -> Row:
    """Name, seconds and CPU seconds."""
    taken = []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    return name, median(wall for wall, _ in taken), median(cpu for _, cpu in taken)


def rows(folder: Path, number: int) -> Iterator[Row]:
    root, database, now = folder / "recordings", folder / "bench.duckdb", datetime.now(UTC)
    make_files(root, number)
    files = scan([root]).files
    ids = [file.video_id for file in files]
    yield measured("scan", lambda: scan([root], [str(root)]))
    yield measured("- of it walking", lambda: list(Walk([str(root)]).at(str(root))))
    yield measured("identities", lambda: [file.video_id for file in files])
    yield measured("settling", lambda: Settling(60).settle(files, now))
    with Ledger.open(database) as ledger:
        yield measured("first scan: unknown and lookalikes", lambda: new_of(ledger, files))
        yield measured("first scan: register", lambda: ledger.register(files, now), times=1)
        yield measured("repeated scan: all of the ledger", lambda: ledger.register(new_of(ledger, files), now))
    with duckdb.connect(database) as connection:
        connection.execute(HEADERS)
    with Ledger.open(database) as ledger:
        yield measured(f"the next {SHORTLIST} of all", lambda: ledger.next_up(SHORTLIST, now), times=4 * TIMES)
        waiting = iter(ledger.next_up(SHORTLIST, now))
        yield measured("claim one", lambda: ledger.claim_video(next(waiting), now), times=4 * TIMES)
        yield measured("progress", ledger.progress)
        yield measured("progress of all by id", lambda: ledger.progress(ids))
        yield measured("pending, all of them", ledger.pending)


def new_of(ledger: Ledger, files: tuple[FoundFile, ...]) -> list[FoundFile]:
    """What a run does before it registers files."""
    ids = [file.video_id for file in files]
    unknown = set(ledger.unknown(ids))
    new = [file for video_id, file in zip(ids, files, strict=True) if video_id in unknown]
    ledger.lookalikes(new)
    return new


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    print(f"| {number:,} files | s | CPU s |\n| --- | --- | --- |")
    with TemporaryDirectory(prefix="vtrack-bench-") as folder:
        for name, wall_s, cpu_s in rows(Path(folder), number):
            print(f"| {name} | {wall_s:.3f} | {cpu_s:.3f} |", flush=True)


if __name__ == "__main__":
    main()
