"""A painter: an instant in, the camera's picture out. Only what changed since the last picture is painted anew."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vtrack_ray.render.clutter import flicker, paint_screen, scatter
from vtrack_ray.render.hand import POSES, Hand, paint_hand, pose_of
from vtrack_ray.render.label import paint_card, paint_label
from vtrack_ray.render.layout import TRIGGER_TEXT, Layout
from vtrack_ray.render.light import Light
from vtrack_ray.render.order import Order
from vtrack_ray.render.parcel import paint_parcel
from vtrack_ray.render.sprite import Plane, Planes, Sprite
from vtrack_ray.render.stage import Arrangement, PlacedHand, PlacedParcel, Stage
from vtrack_ray.render.table import paint_table
from vtrack_ray.render.timeline import Packed

_NOISE_SHIFT_PX = 64
"""One field of noise, cut out at a new place for each picture, serves them all."""


class Painter:
    """Paints one camera's pictures. The same calls in the same order give the same pictures."""

    def __init__(self, order: Order, camera_number: int, stage: Stage) -> None:
        self._order = order
        self._stage = stage
        layout, look = stage.layout, order.look
        self._light = Light(look, (order.seed, camera_number, 4))
        rng = np.random.default_rng([order.seed, camera_number, 1])
        card = paint_card(TRIGGER_TEXT, layout.card_module) if order.packing.trigger_card else None
        table = paint_table(layout, card, rng)
        if look.clutter:
            paint_screen(table, layout.screen)
            kept_free = (layout.card.grown(layout.margin), layout.screen.grown(layout.margin))
            scatter(table, kept_free, look.label_module_px, np.random.default_rng([order.seed, camera_number, 2]))
        self._screen = np.random.default_rng([order.seed, camera_number, 3]) if look.clutter else None
        self._table = Planes.from_bgr(self._seen_through_lens(table))
        self._scene = self._table.copy()
        self._changed: tuple[int, int] = (0, 0)
        self._hands = _paint_hands(layout, float(rng.uniform(0.85, 1.1)) * self._light.brightness)
        self._parcel: tuple[Packed, tuple[int, ...], Sprite] | None = None
        field = (layout.height + _NOISE_SHIFT_PX, layout.width + _NOISE_SHIFT_PX)
        self._noise = np.rint(rng.normal(0, look.noise, field)).clip(-127, 127).astype(np.int8)
        self._rng = rng
        self._picture = np.empty((layout.height * 3 // 2, layout.width), np.uint8)

    def paint(self, time_s: float) -> Plane:
        """The picture at `time_s` after the camera's first: planar YUV 4:2:0 (height * 3 / 2, width).

        The array is the painter's own and holds until the next call.
        """
        self._arrange(self._stage.at(time_s))
        height = self._stage.layout.height
        self._add_noise(self._light.drifted(self._scene.luma, time_s), self._picture[:height])
        chroma = self._picture[height:].reshape(2, height // 2, -1)
        chroma[0], chroma[1] = self._scene.blue, self._scene.red
        return self._picture

    def _arrange(self, arrangement: Arrangement) -> None:
        self._scene.restore(self._table, *self._changed)
        if self._screen is not None:
            flicker(self._scene.luma, self._stage.layout.screen, self._screen)
        rows = []
        if arrangement.parcel is not None:
            rows.append(self._lay_parcel(arrangement.parcel))
        rows += [self._lay_hand(hand) for hand in arrangement.hands]
        changed = [(top, bottom) for top, bottom in rows if bottom > top]
        self._changed = (min(t for t, _ in changed), max(b for _, b in changed)) if changed else (0, 0)

    def _lay_parcel(self, placed: PlacedParcel) -> tuple[int, int]:
        if self._parcel is None or self._parcel[:2] != (placed.packed, placed.labels):
            self._parcel = (placed.packed, placed.labels, self._painted_parcel(placed))
        return self._parcel[2].smeared(placed.smear_px, 0).lay_over(self._scene, placed.x, placed.y)

    def _painted_parcel(self, placed: PlacedParcel) -> Sprite:
        layout, look = self._stage.layout, self._order.look
        symbology = self._order.packing.symbology
        labels = []
        for number in placed.labels:
            code = placed.packed.labels[number].code
            paper = paint_label(code, symbology, look.label_module_px, look.tilt_deg)
            labels.append((layout.label_spots[number], paper))
        width, height = layout.parcel.width, layout.parcel.height
        seed = int(placed.packed.phase * 1e6)
        picture = paint_parcel(width, height, labels, placed.packed.tone, seed)
        if look.clutter:
            kept_free = [area.grown(layout.margin // 2) for area in layout.labels]
            scatter(picture, kept_free, look.label_module_px, np.random.default_rng([seed, 2]))
        return Sprite.from_bgr(self._seen_through_lens(picture), np.ones((height, width), np.float32))

    def _lay_hand(self, placed: PlacedHand) -> tuple[int, int]:
        hand = self._hands[placed.left][placed.pose]
        x, y = placed.x - hand.wrist[0], placed.y - hand.wrist[1]
        return hand.sprite.smeared(*placed.smear_px).lay_over(self._scene, x // 2 * 2, y // 2 * 2)

    def _add_noise(self, clean: Plane, out: Plane) -> None:
        if not self._order.look.noise:
            out[...] = clean
            return
        height, width = clean.shape
        x, y = self._rng.integers(_NOISE_SHIFT_PX, size=2)
        cv2.add(clean, self._noise[y : y + height, x : x + width], dst=out, dtype=cv2.CV_8U)

    def _seen_through_lens(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        blur, lit = self._order.look.blur_px, self._light.on(picture)
        return np.asarray(cv2.GaussianBlur(lit, (0, 0), blur), np.uint8) if blur else lit


def _paint_hands(layout: Layout, tone: float) -> dict[bool, list[Hand]]:
    """Right (False) and left hands in all poses, with arms that reach below the picture."""
    return {
        left: [
            paint_hand(pose_of(number, left), layout.hand_length, layout.forearm_length, tone)
            for number in range(POSES)
        ]
        for left in (False, True)
    }
