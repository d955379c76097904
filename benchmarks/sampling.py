"""What sampling costs, beside what decoding the same file costs, and what it finds: `make bench`.

Footage is rendered once into `build/bench`. Speed is footage seconds per CPU second of the process tree of
`vtrack run --local`, less those of a run over a clip of three seconds; the floor is `ffmpeg -threads 1 -i F -f null -`.
Ratios within one run carry over to other machines, seconds do not.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from vtrack_ray.render.compare import compare
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Order, Packing, Recording
from vtrack_ray.render.truth import TRUTH_NAME, Truth, read_truth

BUILD = Path("build/bench")
BUSY = Packing(events=4, event_s=(20, 30), idle_s=(12, 20))
ORDERS = {
    "three seconds": Order(packing=Packing(events=0, before_s=1.5, after_s=1.5)),
    "busy": Order(seed=21, packing=BUSY),
    "idle": Order(seed=22, packing=Packing(events=3, event_s=(14, 18), idle_s=(130, 140), before_s=60, after_s=60)),
    "hevc, keyframes 4 s apart": Order(seed=23, packing=BUSY, recording=Recording(codec="hevc", keyframe_s=4)),
    "mjpeg": Order(seed=24, packing=Packing(events=2, event_s=(10, 14)), recording=Recording(codec="mjpeg")),
    "keyframes 12 s apart": Order(seed=25, packing=BUSY, recording=Recording(keyframe_s=12)),
    "constant bit rate": Order(seed=26, packing=BUSY, recording=Recording(bitrate_kbps=2000)),
    "no trigger card": Order(seed=27, packing=Packing(events=2, event_s=(14, 18), trigger_card=False)),
}


@dataclass(frozen=True)
class Row:
    """One kind of footage; `speed` in times real time per core, `to_decoding` in times faster than decoding."""

    footage: str
    seconds: float
    speed: float
    floor: float
    to_decoding: float
    memory_mb: float
    events: str
    codes: str
    worst_edge_s: float


@dataclass(frozen=True)
class Cost:
    cpu_s: float
    memory_mb: float
    out: str


def measured(command: list[str], environment: dict[str, str]) -> Cost:
    """What a command and its children cost; its output. Raises CalledProcessError."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        out.seek(0)
        text = out.read()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu_s=cpu_s, memory_mb=usage.ru_maxrss / 1024, out=text)


def footage(name: str) -> tuple[Path, Truth]:
    root = BUILD / name.replace(" ", "-").replace(",", "")
    if not (root / TRUTH_NAME).exists():
        print(f"rendering: {name}", file=sys.stderr)
        render(ORDERS[name], root)
    return root, read_truth(root)


def sampled(root: Path) -> tuple[Cost, list[dict[str, object]]]:
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "VTRACK_DB": f"{home}/bench.duckdb"}
        vtrack = [sys.executable, "-m", "vtrack_ray"]
        cost = measured([*vtrack, "run", "--local", str(root)], environment)
        events: list[dict[str, object]] = json.loads(measured([*vtrack, "events", "--json"], environment).out)
    return cost, events


def row(name: str, base: Cost) -> Row:
    root, truth = footage(name)
    [video] = [video for camera in truth.cameras for video in camera.videos]
    decoding = measured(
        ["ffmpeg", "-v", "error", "-threads", "1", "-i", str(root / video.path), "-f", "null", "-"], dict(os.environ)
    )
    cost, events = sampled(root)
    own_s = max(cost.cpu_s - base.cpu_s, 0.01)
    found = compare(truth, events)
    true_codes = sum(len(event.tracking_codes) for event in truth.events)
    return Row(
        footage=name,
        seconds=round(video.duration_s, 1),
        speed=round(video.duration_s / own_s, 1),
        floor=round(video.duration_s / decoding.cpu_s, 1),
        to_decoding=round(decoding.cpu_s / own_s, 2),
        memory_mb=round(cost.memory_mb),
        events=f"{len(found.pairs)} of {len(truth.events)}, {len(found.invented)} invented",
        codes=f"{true_codes - len(found.codes_missed)} of {true_codes}, {len(found.codes_invented)} invented",
        worst_edge_s=round(max(found.worst_start_error_s, found.worst_end_error_s), 2),
    )


def main() -> None:
    base, _ = sampled(footage("three seconds")[0])
    rows = [row(name, base) for name in ORDERS if name != "three seconds"]
    (BUILD / "sampling.json").write_text(json.dumps([asdict(r) for r in rows], indent=2) + "\n", encoding="utf-8")
    heads = list(asdict(rows[0]))
    print("| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
    for one in rows:
        print("| " + " | ".join(str(value) for value in asdict(one).values()) + " |")


if __name__ == "__main__":
    main()
