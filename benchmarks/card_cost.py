"""What it takes to store the trigger card anew once it is uncovered: `python -m benchmarks.card_cost`.

Of half a minute of an idle table, the card is hidden twice by a patch of cardboard that is hardly larger: the least
that a packing can change. Figures are what a half second takes beyond the idle level, in keyframes for each picture
that the card's code would fill: the noise's spread, and the half seconds in which the card goes and comes back (the
lesser of the two times). activity.py rests on them. The last columns are its answers: how much of the idle time counts
as motion (100 %: sizes are not believed), and whether each return of the card is noticed.
"""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import product
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from vtrack_ray.footage.packets import PacketIndex
from vtrack_ray.render.label import paint_card
from vtrack_ray.render.layout import TRIGGER_TEXT, Layout, lay_out
from vtrack_ray.render.order import Look, Order
from vtrack_ray.render.sprite import Planes
from vtrack_ray.render.table import paint_table
from vtrack_ray.sampling.activity import BIN_S, LEVEL, LOW, Activity

RATE, GOP, PICTURES = 25, 50, 700
HIDDEN = (range(110, 240), range(360, 490))
SIZES = ((2560, 1440, 4.0), (1920, 1080, 6.0), (1280, 720, 4.0), (640, 360, 3.0))
NOISES = (0, 1, 1.5, 2, 3, 6)
X264 = {"preset": "veryfast", "x264-params": "scenecut=0"}
CAMERA = {"preset": "veryfast", "tune": "zerolatency", "x264-params": "scenecut=0:threads=1"}
"""As cameras do it: no picture is made from a later one, and none is looked ahead at."""
X265 = {"preset": "ultrafast", "x265-params": "log-level=error:scenecut=0"}
ENCODERS = (
    ("x264", "libx264", (20, 23, 26, 29, 36), X264),
    ("as cameras", "libx264", (20, 23, 26, 29, 36), CAMERA),
    ("x265", "libx265", (29,), X265),
)
CARDBOARD_BGR = (98, 142, 182)
MARGIN_PX = 8
BANK = 8
"""Noise is drawn for so many pictures, and shifted at random for each."""


def scenes(layout: Layout) -> tuple[Planes, Planes]:
    """The table with its card, and with a patch on the card."""
    table = paint_table(layout, paint_card(TRIGGER_TEXT, layout.card_module), np.random.default_rng(1))
    card = layout.card.grown(MARGIN_PX)
    covered = table.copy()
    covered[card.y : card.bottom, card.x : card.right] = CARDBOARD_BGR
    return Planes.from_bgr(table), Planes.from_bgr(covered)


def sizes_of(layout: Layout, noise: float, codec: str, options: dict[str, str]) -> NDArray[np.int64]:
    """Bytes of the packets in the order they are shown."""
    open_table, covered = scenes(layout)
    rng = np.random.default_rng(2)
    bank = np.rint(rng.normal(0, noise, (BANK, *open_table.luma.shape))).astype(np.int16)
    packets: list[tuple[int, int]] = []
    with av.open(io.BytesIO(), "w", format="matroska") as container:
        stream = cast("VideoStream", container.add_stream(codec, rate=RATE, options=options))
        stream.width, stream.height, stream.pix_fmt = layout.width, layout.height, "yuv420p"
        stream.codec_context.gop_size = GOP
        for number in range(PICTURES):
            scene = covered if any(number in hidden for hidden in HIDDEN) else open_table
            luma = scene.luma + np.roll(bank[number % BANK], int(rng.integers(bank[0].size)))
            planes = [np.clip(luma, 0, 255).astype(np.uint8), scene.blue, scene.red]
            pixels = np.concatenate([plane.ravel() for plane in planes]).reshape(-1, layout.width)
            frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            packets += [(packet.pts or 0, packet.size) for packet in stream.encode(frame)]
        packets += [(packet.pts or 0, packet.size) for packet in stream.encode(None)]
    return np.array([size for _, size in sorted(packets)], np.int64)


def figures(sizes: NDArray[np.int64], share: float) -> tuple[str, ...]:
    times_s = np.arange(PICTURES) / RATE
    keyframe = np.arange(PICTURES) % GOP == 0
    bins = (times_s / BIN_S).astype(np.int64)
    changed = np.bincount(bins, np.where(keyframe, 0, sizes)) / np.bincount(bins, ~keyframe) * RATE * BIN_S
    changed /= float(np.median(sizes[keyframe]))
    low, level = np.quantile(changed, (LOW, LEVEL))

    def rise(numbers: list[int]) -> float:
        first = [int(number / RATE / BIN_S) for number in numbers]
        return float(min(max(changed[i : i + 2]) for i in first) - level) / share

    index = PacketIndex(times_s=times_s, keyframe=keyframe, size_bytes=sizes, end_s=PICTURES / RATE)
    activity = Activity(index, share)
    edges_s = [number / RATE for hidden in HIDDEN for number in (hidden.start, hidden.stop)]
    idle_s = [s + 0.1 for s in np.arange(1, PICTURES / RATE, BIN_S) if all(abs(s - edge_s) > 1 for edge_s in edges_s)]
    moved = np.mean([activity.moved_within(s, s) is not None for s in idle_s])
    noticed = all(activity.moved_within(hidden.stop / RATE, hidden.stop / RATE + BIN_S) for hidden in HIDDEN)
    return (
        f"{level:.3f}",
        f"{(level - low) / share:.2f}",
        f"{rise([hidden.start for hidden in HIDDEN]):.1f}",
        f"{rise([hidden.stop for hidden in HIDDEN]):.1f}",
        f"{moved:.0%}",
        "yes" if noticed else "no",
    )


def main() -> None:
    heads = "picture, noise, encoder, CRF, idle (keyframes), spread, hidden, anew, idle taken for motion, noticed"
    print("| " + " | ".join(heads.split(", ")) + " |")
    print("|" + " --- |" * len(heads.split(", ")))
    for (width, height, module), noise, (name, codec, crfs, options) in product(SIZES, NOISES, ENCODERS):
        look = Look(width_px=width, height_px=height, noise=noise, card_module_px=module)
        layout = lay_out(Order(look=look))
        share = layout.card_code.width * layout.card_code.height / (width * height)
        for crf in crfs:
            sizes = sizes_of(layout, noise, codec, {**options, "crf": str(crf)})
            row = (f"{width}x{height}", noise, name, crf, *figures(sizes, share))
            print("| " + " | ".join(map(str, row)) + " |", flush=True)


if __name__ == "__main__":
    main()
