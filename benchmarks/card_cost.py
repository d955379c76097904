"""What it takes to store the trigger card anew once it is uncovered: `python -m benchmarks.card_cost`.

Of twelve seconds of an idle table, the card is hidden for five by a patch of cardboard that is hardly larger: the least
that a packing can change. The figure is what the half second in which the card comes back takes beyond an idle one, in
keyframes, for each picture that the card's code would fill; activity.py rests on its least value.
"""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import product

import av
import numpy as np
from numpy.typing import NDArray

from vtrack_ray.render.label import paint_card
from vtrack_ray.render.layout import TRIGGER_TEXT, Layout, lay_out
from vtrack_ray.render.order import Look, Order
from vtrack_ray.render.sprite import Planes
from vtrack_ray.render.table import paint_table

RATE, GOP, BIN = 25, 50, 12
HIDDEN = range(110, 235)
SIZES = ((2560, 1440, 4.0), (1920, 1080, 6.0), (1280, 720, 4.0), (640, 360, 3.0))
ENCODERS = (
    ("libx264", 23, {"preset": "veryfast", "x264-params": "scenecut=0"}),
    ("libx264", 29, {"preset": "veryfast", "x264-params": "scenecut=0"}),
    ("libx264", 36, {"preset": "veryfast", "x264-params": "scenecut=0"}),
    ("libx265", 29, {"preset": "ultrafast", "x265-params": "log-level=error:scenecut=0"}),
)
CARDBOARD_BGR = (98, 142, 182)
MARGIN_PX = 8


def scenes(layout: Layout) -> tuple[Planes, Planes]:
    """The table with its card, and with a patch on the card."""
    table = paint_table(layout, paint_card(TRIGGER_TEXT, layout.card_module), np.random.default_rng(1))
    card = layout.card.grown(MARGIN_PX)
    covered = table.copy()
    covered[card.y : card.bottom, card.x : card.right] = CARDBOARD_BGR
    return Planes.from_bgr(table), Planes.from_bgr(covered)


def sizes_of(layout: Layout, noise: float, codec: str, crf: int, options: dict[str, str]) -> NDArray[np.int64]:
    """Bytes of the packets in the order they are shown."""
    open_table, covered = scenes(layout)
    rng = np.random.default_rng(2)
    packets: list[tuple[int, int]] = []
    with av.open(io.BytesIO(), "w", format="matroska") as container:
        stream = container.add_stream(codec, rate=RATE, options={**options, "crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = layout.width, layout.height, "yuv420p"
        stream.codec_context.gop_size = GOP
        for number in range(300):
            scene = covered if number in HIDDEN else open_table
            luma = scene.luma + np.rint(rng.normal(0, noise, scene.luma.shape)) if noise else scene.luma
            planes = [np.clip(luma, 0, 255).astype(np.uint8), scene.blue, scene.red]
            pixels = np.concatenate([plane.ravel() for plane in planes]).reshape(-1, layout.width)
            frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            packets += [(packet.pts or 0, packet.size) for packet in stream.encode(frame)]
        packets += [(packet.pts or 0, packet.size) for packet in stream.encode(None)]
    return np.array([size for _, size in sorted(packets)], np.int64)


def main() -> None:
    print("| picture | noise | encoder | CRF | idle half second (keyframes) | card anew (keyframes) | per share |")
    print("|" + " --- |" * 7)
    for (width, height, module), noise, (codec, crf, options) in product(SIZES, (0, 2, 6), ENCODERS):
        look = Look(width_px=width, height_px=height, noise=noise, card_module_px=module)
        layout = lay_out(Order(look=look))
        sizes = sizes_of(layout, noise, codec, crf, options)
        keyframe = float(np.median(sizes[::GOP]))
        sizes[::GOP] = 0
        bins = sizes.reshape(-1, BIN).sum(axis=1) / keyframe
        idle = float(np.median(bins[1:8]))
        back = HIDDEN.stop // BIN
        anew = float(bins[back : back + 2].max()) - idle
        share = layout.card_code.width * layout.card_code.height / (width * height)
        row = (f"{width}x{height}", noise, codec, crf, f"{idle:.3f}", f"{anew:.3f}", f"{anew / share:.1f}")
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


if __name__ == "__main__":
    main()
