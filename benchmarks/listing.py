"""How long finding files at Google Drive takes: `python -m benchmarks.listing [FILES]`, 100,000 unless told otherwise.

The Drive is the tests' own, over HTTP, in a process of its own: what Google itself takes for an answer comes on top.
The videos lie in 20 camera folders with 50 day folders each, under names in several scripts. Told are the seconds and
CPU seconds of each step and what the process had in memory at most by then, less what it had at first.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.drive.grants import ROBOT
from tests.drive.server import serve
from vtrack_ray.drive.account import Account, Kind, account_path, keep_account
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.drive_item import source_of
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.settings import Settings
from vtrack_ray.sources.drive import look
from vtrack_ray.sources.drive_tree import found_in

FILES, CAMERAS, DAYS = 100_000, 20, 50
NAMES = ("Bàn đóng gói", "包装台", "โต๊ะแพ็ค", "Упаковка", "cam")


def drive(files: int, line: Connection) -> None:
    """Serves a Drive with so many videos; each message changes one of them, until None comes."""
    with serve() as google:
        shop = google.contents.folder("Cửa hàng")
        for camera in range(CAMERAS):
            at = google.contents.folder(f"{NAMES[camera % len(NAMES)]} {camera}", shop)
            for day in range(DAYS):
                folder = google.contents.folder(f"2026-{day // 28 + 1:02}-{day % 28 + 1:02}", at)
                for clip in range(files // (CAMERAS * DAYS)):
                    video = google.contents.file(f"录像 {clip:06}.mp4", folder, f"{camera} {day} {clip}".encode())
        line.send((google.address, google.grants.key_file(), shop))
        while line.recv() is not None:
            google.contents.rename(video, "another name.mp4")
            line.send(len(google.requests))


def measured(name: str, work: Callable[[], Any]) -> Any:
    """What the work gives; its figures are printed."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {name} | {wall:.2f} | {cpu:.2f} | {_most_mb() - BEFORE_MB:.0f} |", flush=True)
    return result


def _most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


BEFORE_MB = _most_mb()


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    line, far_line = multiprocessing.Pipe()
    served = multiprocessing.get_context("spawn").Process(target=drive, args=(number, far_line))
    served.start()
    address, key, shop = line.recv()
    account = Account(kind=Kind.SERVICE_ACCOUNT, email=ROBOT, scopes=(), secret=key)
    source = Source(source=source_of(shop), kind=SourceKind.DRIVE, title="Cửa hàng")
    now = datetime.now(UTC)
    with TemporaryDirectory() as folder:
        settings = Settings.model_validate({"DB": Path(folder, "vtrack.duckdb"), "DRIVE_ENDPOINT": address})
        keep_account(account_path(settings.DB), account)
        with Ledger.open(settings.DB) as ledger:
            ledger.add_root(source.source, now, source.kind, source.title)
            print("| step | s | CPU s | MB |")
            print("| --- | --- | --- | --- |")
            tree = ledger.drive_tree(source.source)
            seen = measured("first look: all is listed", lambda: look(source.source, tree, settings))
            measured("what it found is kept", lambda: ledger.keep_drive_look(source.source, seen))
            tree = seen.applied_to(tree)
            files = measured("the videos in it", lambda: found_in(source, tree)).files
            assert len(files) == number  # noqa: S101
            measured("they are registered", lambda: ledger.register(files, now, ()))
            tree = measured("after a restart: it is read again", lambda: ledger.drive_tree(source.source))
            measured("a look with nothing new", lambda: look(source.source, tree, settings))
            line.send("change")
            asked = line.recv()
            seen = measured("a look with one renamed", lambda: look(source.source, tree, settings))
            after = found_in(source, seen.applied_to(tree)).files
            new = list(set(after).difference(files))
            measured("what became of it", lambda: ledger.drive_videos_elsewhere(new))
            print(f"{asked} requests", file=sys.stderr)
    line.send(None)
    served.join()


if __name__ == "__main__":
    main()
