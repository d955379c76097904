"""How long looking up takes: `python -m benchmarks.lookup [EVENTS]`, 1,000,000 unless told otherwise.

A database with that many events of 20 cameras, 2.5 sights each, is made in a temporary folder by SQL alone. Told are
milliseconds, 50 calls a second: in the process that owns the database and by its door from another one, at rest and
while a thread of the owner stores a span's sampling log and folds a window again ten times a second. CPU is that of
this process, a call.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import duckdb

from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import EventFilter, EventPlace, Refolded
from vtrack_ray.ledger.wire import Answers
from vtrack_ray.meaning.sample import Sample
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.meaning.video import FoundFile, Header, StartBasis, VideoStatus

EVENTS, CAMERAS = 1_000_000, 20
EVENT_EVERY_S, EVENT_S, VIDEO_S = 100, 40, 1_200
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TIMES = 250
EVERY_S = 0.02
COMMIT_EVERY_S = 0.1
UNFINISHED = 10_000
PAGE = 50
FILL = (
    """
    INSERT INTO file_list (
      video_id, source, path, camera_name, size_bytes, modified_ns, started_at, start_basis, duration_s, width_px,
      height_px, codec, status, attempt, added_at, finished_at, examined_s
    )
    SELECT printf('%016x', number), '/rec', '/rec/' || camera_name || '/' || number || '.mp4', camera_name, 1, 1,
      started_at, 'name', $video_s, 1920, 1080, 'h264', CASE WHEN is_done THEN 'done' ELSE 'pending' END, 1,
      started_at, CASE WHEN is_done THEN started_at END, CASE WHEN is_done THEN $video_s ELSE 0 END
    FROM (
      SELECT number, printf('cam%02d', number % $cameras) AS camera_name,
        TIMESTAMP '2026-01-01' + to_seconds(number // $cameras * $video_s) AS started_at, number < $done AS is_done
      FROM range($done + $unfinished) AS numbers(number)
    )
    """,
    """
    INSERT INTO events BY NAME
    SELECT substr(md5(number::VARCHAR), 1, 16) AS event_id, printf('cam%02d', number % $cameras) AS camera_name,
      TIMESTAMP '2026-01-01' + to_seconds(number // $cameras * $every_s) AS started_at,
      started_at + to_seconds($event_s) AS ended_at,
      number // $cameras * $every_s % $video_s AS start_s, start_s + $event_s AS end_s, $event_s AS duration_s,
      [printf('%016x', number // $cameras * $every_s // $video_s * $cameras + number % $cameras)] AS video_ids,
      [printf('SPX%09d', number)] AS tracking_codes, 'complete' AS status,
      to_json([
        {
          'code': tracking_codes[1], 'symbology': 'QRCode', 'video_id': video_ids[1], 'time_s': start_s + ordinal,
          'seen_us': epoch_us(started_at + to_seconds(ordinal)), 'x': 100, 'y': 200, 'width': 80, 'height': 80,
          'decoder': 'zxing', 'fused_s': []
        }
        for ordinal in range(2 + number % 2)
      ])::VARCHAR AS sights
    FROM range($events) AS numbers(number)
    """,
    "INSERT INTO event_codes SELECT lower(tracking_codes[1]), event_id FROM events",
)
HEADER = Header(
    started_at=BEGIN,
    start_basis=StartBasis.NAME,
    duration_s=VIDEO_S,
    width_px=1920,
    height_px=1080,
    codec="h264",
)

Call = Callable[[Answers], object]


def make(path: Path, events: int) -> None:
    Ledger.open(path).close()
    numbers = {
        "events": events,
        "cameras": CAMERAS,
        "done": events * EVENT_EVERY_S // VIDEO_S,
        "unfinished": UNFINISHED,
        "every_s": EVENT_EVERY_S,
        "event_s": EVENT_S,
        "video_s": VIDEO_S,
    }
    with duckdb.connect(path) as connection:
        for statement in FILL:
            connection.execute(statement, {name: value for name, value in numbers.items() if f"${name}" in statement})


def calls(events: int) -> dict[str, Call]:
    middle = BEGIN + timedelta(seconds=EVENT_EVERY_S * events / CAMERAS / 2)
    week = EventFilter(cameras=("cam03",), since=middle, until=middle + timedelta(days=7), limit=PAGE)
    deep = replace(week, after=EventPlace(middle + timedelta(days=4), "cam03", ""))
    newest = EventFilter(limit=PAGE, newest_first=True)
    deep_newest = replace(newest, after=EventPlace(middle, "cam03", ""))
    return {
        "one code, with its sights": lambda answers: answers.events(EventFilter(codes=codes(events, 1))),
        "one code, the record alone": lambda answers: answers.event_rows(EventFilter(codes=codes(events, 1))),
        "ten codes, with their sights": lambda answers: answers.events(EventFilter(codes=codes(events, 10))),
        "camera and week, first page": lambda answers: answers.event_rows(week),
        "- a page deep inside": lambda answers: answers.event_rows(deep),
        "- first page with sights": lambda answers: answers.events(week),
        "all, newest first, first page": lambda answers: answers.event_rows(newest),
        "- a page deep inside ": lambda answers: answers.event_rows(deep_newest),
        "counts": lambda answers: answers.counts(),
        f"{UNFINISHED:,} unfinished videos": lambda answers: answers.unfinished(UNFINISHED),
    }


def codes(events: int, number: int) -> tuple[str, ...]:
    return tuple(f"spx{random.randrange(events):09d}" for _ in range(number))  # noqa: S311


def told(events: int, answers: Answers) -> Iterator[str]:
    """A row of the table for each call."""
    for name, call in calls(events).items():
        taken = []
        call(answers)
        cpu = time.process_time()
        for _ in range(TIMES):
            began = time.perf_counter()
            call(answers)
            taken.append(time.perf_counter() - began)
            time.sleep(max(0.0, EVERY_S - taken[-1]))
        cpu_ms = 1_000 * (time.process_time() - cpu) / TIMES
        yield f"{name.strip()} | {' | '.join(f'{one:.1f}' for one in percentiles_ms(taken))} | {cpu_ms:.1f}"


def percentiles_ms(taken_s: Sequence[float]) -> tuple[float, float, float]:
    of_hundred = quantiles(taken_s, n=100)
    return 1_000 * median(taken_s), 1_000 * of_hundred[94], 1_000 * of_hundred[98]


@contextmanager
def committing(ledger: Ledger) -> Iterator[None]:
    """A thread that stores a span's log and folds a window again, ten times a second."""
    ended = threading.Event()
    file = FoundFile(source="/rec", path="/rec/cam03/now.mp4", camera_name="cam03", size_bytes=1, modified_ns=1)
    ledger.register([file], BEGIN)
    if not ledger.counts()[VideoStatus.SAMPLING]:
        ledger.set_header(file.video_id, HEADER)
        ledger.claim_video(file.video_id, BEGIN)
    window = window_of(ledger)

    def commit() -> None:
        spans = 0
        while not ended.wait(COMMIT_EVERY_S):
            ledger.log_span(file.video_id, 1, "digest", log_of(file.video_id, spans % 120))
            ledger.replace_events(window)
            spans += 1

    thread = threading.Thread(target=commit)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def window_of(ledger: Ledger) -> Refolded:
    """A video's events as they are stored, to be folded again."""
    until = BEGIN + timedelta(seconds=VIDEO_S)
    events = tuple(ledger.events(EventFilter(cameras=("cam03",), until=until)))
    # The events made here have made-up identities: the real ones take their place at the first fold.
    return Refolded(
        camera_name="cam03", after=BEGIN, until=until, events=events, video_ids=tuple(sorted(events[0].video_ids))
    )


def log_of(video_id: str, span: int) -> SamplingLog:
    start_s, end_s = 10.0 * span, 10.0 * span + 10
    return SamplingLog(
        video_id=video_id,
        span=Span(start_s, end_s),
        method=Method.CASCADE,
        samples=Samples(Sample(time_s=start_s + number / 5) for number in range(50)),
        coverage=(Stretch(span=Span(start_s, end_s), coverage=Coverage.EXAMINED),),
        pictures=50,
        seconds={"coarse": 0.1},
        notes=(),
    )


def own(path: Path, *, is_committing: bool) -> None:
    """Answers by the door until standard input ends."""
    with Ledger.open(path) as ledger, Door(ledger):
        if is_committing:
            with committing(ledger):
                wait_for_end()
        else:
            wait_for_end()


def wait_for_end() -> None:
    print("open", flush=True)
    sys.stdin.read()


def tables(path: Path, events: int) -> Iterator[str]:
    with Ledger.open(path) as ledger:
        yield from headed("in the owner's process", told(events, ledger))
        with committing(ledger):
            yield from headed("in the owner's process, which commits", told(events, ledger))
    for way in ("--own", "--own-committing"):
        owner = [sys.executable, "-m", "benchmarks.lookup", way, str(path)]
        with subprocess.Popen(owner, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            (process.stdout or sys.stdin).readline()
            with open_answers(path) as answers:
                where = "by the door" if way == "--own" else "by the door, the owner commits"
                yield from headed(where, told(events, answers))
            (process.stdin or sys.stdout).close()
    with Ledger.open(path) as ledger:
        window = window_of(ledger)
        taken = []
        for _ in range(TIMES // 5):
            began = time.perf_counter()
            ledger.replace_events(window)
            taken.append(time.perf_counter() - began)
    yield "| a window of 12 events folded again | " + " | ".join(f"{one:.1f}" for one in percentiles_ms(taken)) + " | |"


def headed(where: str, rows: Iterator[str]) -> Iterator[str]:
    yield f"\n| {where} | median | 95 % | 99 % | CPU |\n| --- | --- | --- | --- | --- |"
    for row in rows:
        yield f"| {row} |"


def main() -> None:
    if sys.argv[1:2] in (["--own"], ["--own-committing"]):
        own(Path(sys.argv[2]), is_committing=sys.argv[1] == "--own-committing")
        return
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with TemporaryDirectory(prefix="vtrack-bench-") as folder:
        path = Path(folder) / "bench.duckdb"
        began = time.perf_counter()
        make(path, events)
        print(f"{events:,} events: {path.stat().st_size / 1e6:.0f} MB, made in {time.perf_counter() - began:.0f} s")
        for line in tables(path, events):
            print(line, flush=True)


if __name__ == "__main__":
    main()
