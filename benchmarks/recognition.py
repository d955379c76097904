"""Which labels are read: `python -m benchmarks.recognition [WORD...]` for all classes, or those named with the words.

Each class is four packings at 1080p (x264 veryfast, CRF 29), rendered once into `build/bench/recognition` and sampled
by `vtrack run --local`. Told are the codes found of those shown, the codes invented, the decoders that read them, and
what share of the footage's length the second look took in CPU time.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.cost import run_of
from vtrack_ray.render.compare import compare
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing
from vtrack_ray.render.truth import TRUTH_NAME, read_truth

BUILD = Path("build/bench/recognition")
FOUR: dict[str, Any] = {"events": 4, "event_s": (8, 10), "idle_s": (4, 6)}


def packed(look: Look, **packing: Any) -> Order:
    return Order(seed=11, packing=Packing(**FOUR, **packing), look=look)


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
    **{f"Code128, {m} px": packed(Look(label_module_px=m), symbology="Code128") for m in (1.6, 2.2)},
    **{f"DataMatrix, {m} px": packed(Look(label_module_px=m), symbology="DataMatrix") for m in (1.6, 2.2)},
}


def row(name: str) -> tuple[object, ...]:
    root = BUILD / name.replace(" ", "-").replace(",", "")
    if not (root / TRUTH_NAME).exists():
        render(CLASSES[name], root)
    truth = read_truth(root)
    run = run_of(root, profile=("--symbologies", "QRCode,Code128,DataMatrix"))
    found = compare(truth, run.events)
    shown = sum(len(event.tracking_codes) for event in truth.events)
    decoders = sorted({sight["decoder"] for event in run.events for sight in event["sights"]})
    [video] = run.videos
    second_look = video["seconds"]["second_look"] / video["duration_s"]
    read = shown - len(found.codes_missed)
    return name, f"{read} of {shown}", len(found.codes_invented), ", ".join(decoders), f"{second_look:.0%}"


def main() -> None:
    print("| labels | codes read | invented | read by | second look |\n|" + " --- |" * 5)
    for name in CLASSES:
        if all(word in name for word in sys.argv[1:]):
            print("| " + " | ".join(map(str, row(name))) + " |", flush=True)


if __name__ == "__main__":
    main()
