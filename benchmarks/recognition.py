"""Which labels are read: `python -m benchmarks.recognition [WORD...]` for all classes, or those named with the words.

Each class is four packings at 1080p (x264 veryfast, CRF 29), rendered once into `build/bench/recognition` and sampled
by `vtrack run --local`. Told are the codes found of those shown, the codes invented, the decoders that read them, and
what share of the footage's length the second look took in CPU time.

Footage without labels is eleven packings, four minutes of clutter and more; all of it, idle time too, is given a second
look.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.cost import run_of
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import FoundFile, Video
from vtrack_ray.render.compare import compare
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing
from vtrack_ray.render.truth import TRUTH_NAME, read_truth
from vtrack_ray.sampling.second_look import second_look

BUILD = Path("build/bench/recognition")
FOUR: dict[str, Any] = {"events": 4, "event_s": (8, 10), "idle_s": (4, 6)}
SYMBOLOGIES = ("QRCode", "Code128", "DataMatrix")
DENSELY_S = 30.0
"""Footage without labels is looked at in such pieces, as a second look ends early once a code is found."""


def packed(look: Look, **packing: Any) -> Order:
    return Order(seed=11, packing=Packing(**FOUR, **packing), look=look)


def unlabelled(seed: int, module_px: float) -> Order:
    packing = Packing(events=11, event_s=(13, 17), idle_s=(7, 10), unlabelled=tuple(range(1, 12)))
    return Order(seed=seed, packing=packing, look=Look(label_module_px=module_px, clutter=True))


CLASSES = {
    **{f"{m} px a module": packed(Look(label_module_px=m)) for m in (1.6, 2.0, 2.4, 3.4)},
    **{f"tilted 30 degrees, {m} px": packed(Look(label_module_px=m, tilt_deg=30)) for m in (2.0, 2.3, 2.6)},
    **{
        f"tilted 20 degrees, blur {blur}, {m} px": packed(Look(label_module_px=m, tilt_deg=20, blur_px=blur))
        for blur in (0.5, 0.7)
        for m in (1.7, 1.9, 2.1)
    },
    **{f"shown for 0.9 s, {m} px": packed(Look(label_module_px=m), label_s=0.9) for m in (1.6, 2.2)},
    "motion blur of 3 px, 2.2 px": packed(Look(label_module_px=2.2, exposure_s=1 / 40, sway_px_per_s=120)),
    "two codes, 2.0 px": packed(Look(label_module_px=2.0), two_codes=True),
    **{f"{m} px": packed(Look(label_module_px=m)) for m in (1.1, 1.2, 1.3, 1.4, 1.5)},
    **{f"hands over label, {m} px": packed(Look(label_module_px=m), hands_over_label=True) for m in (1.6, 2.2)},
    **{
        f"{symbology}, {m} px": packed(Look(label_module_px=m), symbology=symbology)
        for symbology in ("Code128", "DataMatrix")
        for m in (0.9, 1.0, 1.2, 1.7, 2.2)
    },
    **{
        f"none amid clutter, {m} px": unlabelled(seed, m)
        for seed, m in ((21, 2.0), (22, 2.3), (23, 2.6), (24, 3.0), (25, 3.4))
    },
}


def row(name: str) -> tuple[object, ...]:
    root = BUILD / name.replace(" ", "-").replace(",", "")
    if not (root / TRUTH_NAME).exists():
        render(CLASSES[name], root)
    truth = read_truth(root)
    run = run_of(root, profile=("--symbologies", ",".join(SYMBOLOGIES)))
    found = compare(truth, run.events)
    shown = sum(len(event.tracking_codes) for event in truth.events)
    decoders = sorted({sight["decoder"] for event in run.events for sight in event["sights"]})
    [video] = run.videos
    second_look = video["seconds"]["second_look"] / video["duration_s"]
    read, invented = shown - len(found.codes_missed), len(found.codes_invented)
    if not shown:
        invented += len(seen_densely(root / truth.cameras[0].videos[0].path))
    return name, f"{read} of {shown}", invented, ", ".join(decoders), f"{second_look:.0%}"


def seen_densely(path: Path) -> set[str]:
    """The codes that second looks at all of a video find."""
    stat = path.stat()
    file = FoundFile(
        source="", path=str(path), camera_name="cam1", size_bytes=stat.st_size, modified_ns=stat.st_mtime_ns
    )
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name="cam1", symbologies=SYMBOLOGIES)
    codes: set[str] = set()
    start_s = 0.0
    while start_s < video.duration_s:
        log = second_look(video, profile, Span(start_s, min(start_s + DENSELY_S, video.duration_s)))
        codes |= {code for sample in log.samples for code in sample.codes}
        start_s += DENSELY_S
    return codes


def main() -> None:
    print("| labels | codes read | invented | read by | second look |\n|" + " --- |" * 5)
    for name in CLASSES:
        if all(word in name for word in sys.argv[1:]):
            print("| " + " | ".join(map(str, row(name))) + " |", flush=True)


if __name__ == "__main__":
    main()
