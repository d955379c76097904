"""A corpus of damaged files: none hangs, none ends without a reason, and what lies outside the damage is found."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.conftest import SMALL, MadeOnce, Vtrack
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import VideoFilter, VideoRow
from vtrack_ray.meaning.span import Coverage, Span
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Order, Packing, Recording
from vtrack_ray.render.truth import TrueEvent, read_truth

OFF_S = 0.5
"""How far an event's times may be off."""
DEBOUNCE_S = 1.5
"""An event's border is known once the card has lain free, or hidden, for a second."""
WORTH_TELLING_S = 0.1
FEWEST_EVENTS = 140
"""So many lie outside of all damage, by what the files themselves show."""
GUARD_S = 500.0
"""No more than a guard against hanging."""

H264 = "-c:v libx264 -preset ultrafast -crf 26 -g 20"
HEVC = "-c:v libx265 -preset ultrafast -crf 26 -x265-params log-level=error:keyint=20:min-keyint=20:scenecut=0"
MJPEG = "-c:v mjpeg -q:v 9 -pix_fmt yuvj420p"

KINDS = {
    "mp4-end": ("mp4", H264),
    "mp4-front": ("mp4", f"{H264} -movflags +faststart"),
    "mp4-fragments": ("mp4", f"{H264} -movflags +empty_moov+frag_keyframe+default_base_moof"),
    "mkv-hevc": ("mkv", HEVC),
    "ts": ("ts", H264),
    "flv": ("flv", H264),
    "avi-mjpeg": ("avi", MJPEG),
}
"""One file of each kind, whole; all else is made of them."""

PROMISING = ("mp4-end", "mp4-front", "mkv-hevc", "flv", "avi-mjpeg")
"""Kinds whose header tells the duration: if a part is missing, that is known."""

CUTS = range(5, 100, 5)
LOSE_THE_END = {"garbage", *(f"cut{percent:02}" for percent in CUTS)}
"""With its end, an MP4 that is written in one piece loses its index, and nothing of it can be read."""
SHORTEST_READ_S = 3.0
AT_ONCE_S = 300
"""From one file's start to the next one's: nothing goes on from one into the other."""


@dataclass(frozen=True)
class Whole:
    """The footage as one sound file of each kind, and what happens in it."""

    files: Mapping[str, Path]
    events: Sequence[TrueEvent]


@dataclass(frozen=True)
class Damaged:
    """One damaged file: of what kind it was, what was done to it, and up to when it is sound, if that can be told."""

    path: Path
    kind: str
    harm: str
    sound_s: float = 0.0


@pytest.fixture(scope="module")
def whole(made_once: MadeOnce) -> Whole:
    order = Order(
        seed=4,
        packing=Packing(events=3, event_s=(6, 7), idle_s=(4, 5), before_s=3, after_s=3),
        look=SMALL,
        recording=Recording(frame_rate=10, creation_time=False),
    )

    def make(folder: Path) -> None:
        render(order, folder)
        [rendered] = (folder / "cam1").iterdir()
        for kind, how in KINDS.items():
            ffmpeg(rendered, folder / f"{kind}.{how[0]}", how[1])

    folder = made_once("whole", make)
    return Whole({kind: folder / f"{kind}.{how[0]}" for kind, how in KINDS.items()}, read_truth(folder).events)


def ffmpeg(source: Path, target: Path, arguments: str) -> Path:
    command = ["ffmpeg", "-v", "error", "-i", str(source), *arguments.split(), str(target)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return target


class Names:
    """Names for files in a folder, which tell starts that are far apart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next = datetime(2026, 11, 1, 8)  # noqa: DTZ001  a clock on the wall
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, kind: str, harm: str) -> Path:
        at, self._next = self._next, self._next + timedelta(seconds=AT_ONCE_S)
        return self._folder / f"{harm}_{kind}_{at:%Y%m%d_%H%M%S}.{KINDS[kind][0]}"


def corpus(whole: Whole, names: Names) -> Iterator[Damaged]:
    """Every kind of file with every kind of harm done to it."""
    for kind, source in whole.files.items():
        data = source.read_bytes()
        for percent in CUTS:
            harm = f"cut{percent:02}"
            size = len(data) * percent // 100
            yield Damaged(written(names.path(kind, harm), data[:size]), kind, harm, sound_until_s(source, size))
        for amount in (400_000, 30_000):
            path = names.path(kind, "noise")
            ffmpeg(source, path, f"-c copy -bsf:v noise=amount={amount}{_muxed(kind)}")
            yield Damaged(path, kind, "noise")
        third = len(data) // 3
        rubbish = np.random.default_rng(len(data)).bytes(len(data) - third)
        yield Damaged(
            written(names.path(kind, "garbage"), data[:third] + rubbish), kind, "garbage", sound_until_s(source, third)
        )
        zeros = bytearray(data)
        zeros[third : third + third // 4] = bytes(third // 4)
        yield Damaged(written(names.path(kind, "zeroed"), zeros), kind, "zeroed", sound_until_s(source, third))
        yield Damaged(written(names.path(kind, "zeros"), bytes(len(data) // 10)), kind, "zeros")
        yield Damaged(written(names.path(kind, "empty"), b""), kind, "empty")
    for kind, mark, instead in (
        ("mp4-end", b"moov", b"free"),
        ("mp4-front", b"moov", b"free"),
        ("avi-mjpeg", b"idx1", b"JUNK"),
        ("mkv-hevc", b"\x1c\x53\xbb\x6b", b"\xec\x53\xbb\x6b"),
    ):
        data = whole.files[kind].read_bytes()
        assert mark in data
        path = written(names.path(kind, "noindex"), data.replace(mark, instead))
        yield Damaged(path, kind, "noindex")


def _muxed(kind: str) -> str:
    return " -movflags" + KINDS[kind][1].partition("-movflags")[2] if "-movflags" in KINDS[kind][1] else ""


def written(path: Path, data: bytes | bytearray) -> Path:
    path.write_bytes(data)
    return path


def sound_until_s(source: Path, size: int) -> float:
    """The time up to which all pictures lie within the first `size` bytes of the file."""
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        packets = [p for p in container.demux(stream) if p.size]
        lost = [p for p in packets if p.pos is None or p.pos + p.size > size]
        times = [float((p.pts or 0) * stream.time_base) for p in packets]
        return min((float((p.pts or 0) * stream.time_base) for p in lost), default=max(times)) - min(times)


@dataclass(frozen=True)
class Found:
    """What a run has made of the files, by their paths."""

    rows: Mapping[str, VideoRow]
    events: Mapping[str, Sequence[dict[str, Any]]]
    unreadable: Mapping[str, Sequence[Span]]


def found_by(vtrack: Vtrack) -> Found:
    with Ledger.open(vtrack.db, read_only=True) as ledger:
        rows = {row.path: row for row in ledger.videos(VideoFilter())}
        logs = ledger.logs([row.video_id for row in rows.values()])
    unreadable = {
        row.path: [
            stretch.span
            for log in logs.get(row.video_id, ())
            for stretch in log.coverage
            if stretch.coverage is Coverage.UNREADABLE
        ]
        for row in rows.values()
    }
    events: dict[str, list[dict[str, Any]]] = {path: [] for path in rows}
    for event in vtrack.json("events"):
        events[event["videos"][0]].append(event)
    return Found(rows, events, unreadable)


def faults_of(row: VideoRow) -> Iterator[str]:
    """What is wrong with how a video was left."""
    if not row.status.is_final:
        yield f"is left {row.status}"
    if row.reason is None and (row.unreadable_s >= WORTH_TELLING_S or not row.status.is_good):
        yield f"is {row.status} with {row.unreadable_s} s unreadable, and no reason"
    accounted_s = row.examined_s + row.idle_s + row.unreadable_s
    if row.duration_s is not None and abs(accounted_s - row.duration_s) > 1e-6:
        yield f"is {row.status}: {accounted_s} of {row.duration_s} s are accounted for ({row.reason})"


def missed(events: Iterable[TrueEvent], found: Sequence[dict[str, Any]]) -> list[TrueEvent]:
    """The true events that are not among the found ones, with their codes and times."""
    return [true for true in events if not any(_is(true, one) for one in found)]


def _is(true: TrueEvent, one: Mapping[str, Any]) -> bool:
    return bool(
        one["tracking_codes"] == list(true.tracking_codes)
        and abs(one["start_s"] - true.start_s) <= OFF_S
        and abs(one["end_s"] - true.end_s) <= OFF_S
    )


def _is_outside(true: TrueEvent, spans: Iterable[Span]) -> bool:
    return all(true.end_s + DEBOUNCE_S < s.start_s or s.end_s < true.start_s - DEBOUNCE_S for s in spans)


@pytest.mark.timeout(600)
def test_every_damaged_file_ends_with_its_reason_and_what_is_sound_is_found(
    vtrack: Vtrack, whole: Whole, tmp_path: Path
) -> None:
    files = list(corpus(whole, Names(tmp_path / "corpus")))
    assert len(files) >= 100
    with vtrack.start("run", "--local", tmp_path / "corpus") as run:
        said, err = run.communicate(timeout=GUARD_S)
    assert run.returncode == 1, said + err
    found = found_by(vtrack)
    assert set(found.rows) == {str(file.path) for file in files}
    wrong = []
    told = 0
    for file in files:
        path = str(file.path)
        row, events, lost = found.rows[path], found.events[path], found.unreadable[path]
        wrong += [f"{file.path.name} {fault}" for fault in faults_of(row)]
        if file.harm.startswith("cut") and file.kind in PROMISING and row.reason is None:
            wrong.append(f"{file.path.name} is short, and nothing says so")
        if not row.status.is_good:
            if file.sound_s > SHORTEST_READ_S and not (file.kind == "mp4-end" and file.harm in LOSE_THE_END):
                wrong.append(f"{file.path.name} is {row.status}, {row.reason}, though {file.sound_s} s of it are sound")
            continue
        if file.sound_s:
            due = [true for true in whole.events if true.end_s + DEBOUNCE_S < file.sound_s]
        else:
            due = list(whole.events)
        due = [true for true in due if _is_outside(true, lost)]
        told += len(due)
        wrong += [f"{file.path.name} lacks {true} (lost: {lost})" for true in missed(due, events)]
    assert not wrong, "\n".join(wrong)
    assert told >= FEWEST_EVENTS


GROWING = ("mp4-fragments", "mkv-hevc", "ts", "flv")
"""Kinds that a recorder writes from front to back, so that a part of one is a video."""
BEGUN_PERCENT = 40


@pytest.mark.timeout(600)
def test_files_that_grow_while_they_are_read_are_whole_after_the_next_run(
    vtrack: Vtrack, whole: Whole, tmp_path: Path
) -> None:
    names = Names(tmp_path / "growing")
    files = {kind: names.path(kind, "grows") for kind in GROWING}
    rest = {}
    for kind, path in files.items():
        data = whole.files[kind].read_bytes()
        begun = len(data) * BEGUN_PERCENT // 100
        path.write_bytes(data[:begun])
        rest[path] = data[begun:]
    deadline = time.monotonic() + GUARD_S
    with vtrack.start("run", "--local", tmp_path / "growing") as run:
        steps = 0
        while run.poll() is None:
            assert time.monotonic() < deadline
            rest = {path: grown(path, data, 400) for path, data in rest.items()}
            steps += 1
            time.sleep(0.02)
        assert steps > 10, run.communicate()
    row_by_path = found_by(vtrack).rows
    assert set(row_by_path) == {str(path) for path in files.values()}
    assert not [f"{path}: {fault}" for path, row in row_by_path.items() for fault in faults_of(row)]
    for path, data in rest.items():
        grown(path, data, len(data))
    assert all(path.read_bytes() == whole.files[kind].read_bytes() for kind, path in files.items())
    vtrack("run", "--local", tmp_path / "growing")
    found = found_by(vtrack)
    assert {path: (row.status, row.reason) for path, row in found.rows.items()} == {
        str(path): ("done", None) for path in files.values()
    }
    for name, events in found.events.items():
        assert len(events) == len(whole.events), name
        assert not missed(whole.events, events), name


def grown(path: Path, rest: bytes, by: int) -> bytes:
    """Appends some of the rest to the file; gives what is left."""
    with path.open("ab") as file:
        file.write(rest[:by])
    return rest[by:]
