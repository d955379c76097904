"""What sampling costs beside what decoding the same file costs, and what it finds: `make bench`.

Footage is rendered once into `build/bench`. Speed is footage seconds per CPU second of the process tree of
`vtrack run --local`, less those of a run over a clip of one second; the floor is `ffmpeg -threads 1 -i F -f null -`.
All are measured in turn, several times, and the least of each counts: what else a machine does only adds to it.
Ratios within one run carry over to other machines, seconds do not.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.cost import Cost, decoding, run_of
from benchmarks.plot import plot
from vtrack_ray.footage.packets import index_packets
from vtrack_ray.footage.pictures import open_pictures
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.render.compare import compare
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.render.truth import TRUTH_NAME, Truth, read_truth
from vtrack_ray.sampling.examiner import Examiner
from vtrack_ray.sampling.look import Look as SamplingLook
from vtrack_ray.sampling.regular import regular
from vtrack_ray.sampling.stages import Stages
from vtrack_ray.sampling.survey import survey
from vtrack_ray.sources.local import scan

BUILD = Path("build/bench")
BUSY = Packing(events=4, event_s=(20, 30), idle_s=(12, 20))
IDLE = Packing(events=3, event_s=(14, 18), idle_s=(130, 140), before_s=60, after_s=60)
ORDERS = {
    "busy": Order(seed=21, packing=BUSY),
    "idle": Order(seed=22, packing=IDLE),
    "hevc, keyframes 4 s apart": Order(seed=23, packing=BUSY, recording=Recording(codec="hevc", keyframe_s=4)),
    "mjpeg": Order(seed=24, packing=Packing(events=2, event_s=(10, 14)), recording=Recording(codec="mjpeg")),
    "keyframes 12 s apart": Order(seed=25, packing=BUSY, recording=Recording(keyframe_s=12)),
    "constant bit rate": Order(seed=26, packing=BUSY, recording=Recording(bitrate_kbps=2000)),
    "no card, busy": Order(seed=27, packing=Packing(events=2, event_s=(14, 18), trigger_card=False)),
    "no card, idle": Order(seed=28, packing=replace(IDLE, events=2, trigger_card=False)),
    "4K": Order(
        seed=29,
        packing=Packing(events=2, event_s=(8, 10)),
        look=Look(width_px=3840, height_px=2160, label_module_px=3.2),
    ),
}
ONE_SECOND = "one second"
TEN_HOURS_S = 36_000
ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """One kind of footage; `speed`, `floor` and `regular` are times real time on one core."""

    footage: str
    seconds: float
    speed: float
    floor: float
    to_decoding: float
    """How many times faster than decoding."""
    regular: float
    """The sampler without its cascade: a picture each sampling interval, everything decoded."""
    memory_mb: float
    events: str
    codes: str
    worst_edge_s: float
    as_exhaustive: bool
    """Whether examining every picture gives as many events with the same codes."""
    stages_s: dict[str, float]


def footage(name: str) -> tuple[Path, Truth]:
    root = BUILD / name.replace(" ", "-").replace(",", "")
    if not (root / TRUTH_NAME).exists():
        print(f"rendering: {name}", file=sys.stderr)
        render(ORDERS[name], root)
    return root, read_truth(root)


def one_second() -> Path:
    """The first second of the busy footage: what a run costs besides sampling."""
    root, truth = footage("busy")
    target = BUILD / ONE_SECOND.replace(" ", "-") / "cam1" / "clip.mp4"
    target.parent.mkdir(parents=True, exist_ok=True)
    source = root / truth.cameras[0].videos[0].path
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-t", "1", "-i", source, "-c", "copy", target], check=True)
    return target.parent.parent


def regular_cpu_s(root: Path) -> float:
    """CPU seconds of sampling a picture each interval, in this process."""
    [file] = scan([root]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name="cam1", qr_trigger_area=survey(video, "TimeGo"))
    started = time.process_time()
    with open_pictures(video.path) as pictures:
        look = SamplingLook(
            profile=profile,
            reach=Span(0.0, float("inf")),
            index=index_packets(video.path),
            pictures=pictures,
            examiner=Examiner(profile),
            stages=Stages(),
        )
        regular(look, look.reach)
    return time.process_time() - started


def least_cpu_s(costs: Iterable[Cost]) -> float:
    return min(cost.cpu_s for cost in costs)


def row(name: str, profile: tuple[str, ...]) -> Row:
    root, truth = footage(name)
    [video] = truth.cameras[0].videos
    rounds = [
        (run_of(one_second()), run_of(root, profile=profile), decoding(root / video.path), regular_cpu_s(root))
        for _ in range(ROUNDS)
    ]
    bases, runs, decodings, regulars = zip(*rounds, strict=True)
    own_s = max(least_cpu_s(run.cost for run in runs) - least_cpu_s(base.cost for base in bases), 0.01)
    floor_s = least_cpu_s(decodings)
    run, every = runs[-1], run_of(root, "--exhaustive", profile=profile)
    found = compare(truth, run.events)
    true_codes = sum(len(event.tracking_codes) for event in truth.events)
    codes, codes_of_all = ([sorted(event["tracking_codes"]) for event in one.events] for one in (run, every))
    return Row(
        footage=name,
        seconds=round(video.duration_s, 1),
        speed=round(video.duration_s / own_s, 1),
        floor=round(video.duration_s / floor_s, 1),
        to_decoding=round(floor_s / own_s, 2),
        regular=round(video.duration_s / min(regulars), 1),
        memory_mb=round(max(run.cost.memory_mb for run in runs)),
        events=f"{len(found.pairs)} of {len(truth.events)}, {len(found.invented)} invented",
        codes=f"{true_codes - len(found.codes_missed)} of {true_codes}, {len(found.codes_invented)} invented",
        worst_edge_s=round(max(found.worst_start_error_s, found.worst_end_error_s), 2),
        as_exhaustive=codes == codes_of_all,
        stages_s={stage: round(seconds, 2) for stage, seconds in run.videos[0]["seconds"].items()},
    )


def ten_hours() -> dict[str, float]:
    """Speed and memory on the idle footage, repeated in one file for ten hours."""
    root, truth = footage("idle")
    [video] = truth.cameras[0].videos
    target = BUILD / "ten-hours" / "cam1" / "long.mp4"
    target.parent.mkdir(parents=True, exist_ok=True)
    times = str(int(TEN_HOURS_S / video.duration_s))
    repeated = ["-stream_loop", times, "-i", str(root / video.path), "-c", "copy", str(target)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *repeated], check=True)
    run = run_of(target.parent.parent)
    target.unlink()
    [long] = run.videos
    return {
        "hours": round(long["duration_s"] / 3600, 2),
        "speed": round(long["duration_s"] / run.cost.cpu_s, 1),
        "memory_mb": round(run.cost.memory_mb),
        "events": len(run.events),
    }


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.sampling")
    parser.add_argument("footage", nargs="*", metavar="FOOTAGE", help=f"{'; '.join(ORDERS)} (all, and ten hours; kept)")
    parser.add_argument("--search-interval-s", metavar="S", help="as in the profile (not set)")
    given = parser.parse_args()
    names = given.footage or list(ORDERS)
    profile = ("--search-interval-s", given.search_interval_s) if given.search_interval_s else ()
    if unknown := set(names) - ORDERS.keys():
        parser.error(f"there is no footage {sorted(unknown)}")
    rows = []
    heads = [name for name in Row.__dataclass_fields__ if name != "stages_s"]
    print("| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
    for name in names:
        rows.append(row(name, profile))
        print("| " + " | ".join(str(getattr(rows[-1], head)) for head in heads) + " |", flush=True)
    if names != list(ORDERS) or profile:
        return
    long = ten_hours()
    print(f"\nten hours: {long}")
    figures = [asdict(one) for one in rows]
    (BUILD / "sampling.json").write_text(
        json.dumps({"rows": figures, "ten_hours": long}, indent=2) + "\n", encoding="utf-8"
    )
    plot(figures, BUILD / "sampling.png")


if __name__ == "__main__":
    main()
