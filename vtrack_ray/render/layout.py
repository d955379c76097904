"""A layout: where card, parcel, labels and hands have their places in a picture of a given size."""

from __future__ import annotations

from dataclasses import dataclass

from vtrack_ray.meaning.area import Area
from vtrack_ray.render.label import paint_card, paint_label
from vtrack_ray.render.order import Look, Order

TRIGGER_TEXT = "TimeGo"
CODE_SHAPE = "SPXVN0123456789"
"""A tracking code as long as all are, to measure labels by."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Places in pixels. Everything that moves does so by whole, even pixels, as chroma is stored at half size."""

    width: int
    height: int
    card: Area
    """The trigger card's paper."""
    card_code: Area
    """The card's code without its quiet zone."""
    card_module: float
    parcel: Area
    """Where the parcel rests; it covers the card wholly."""
    label_spots: tuple[tuple[int, int], ...]
    """Top left corners of the labels, from the parcel's corner."""
    label_size: tuple[int, int]
    """Width and height of a label's paper."""
    label_code: Area
    """A label's code without its quiet zone, from the label's corner."""
    margin: int
    """Between the parcel's edge and what lies on or under it."""
    hand_length: int
    """From wrist to middle fingertip."""
    forearm_length: float
    """How much arm a hand has, so that it reaches below the picture."""
    tip_line: int
    """The height that fingertips stay below while packing, but for strokes: labels and card lie above it."""

    @property
    def labels(self) -> tuple[Area, ...]:
        """The labels' papers, from the parcel's corner."""
        return tuple(Area(x, y, *self.label_size) for x, y in self.label_spots)

    @property
    def screen(self) -> Area:
        """Where a cluttered table has its screen: in the lower right corner, beside the parcel's way."""
        height = max(8, min(round(0.15 * self.height), self.height - self.parcel.bottom - 2 * self.margin))
        width = round(1.6 * height)
        return Area(self.width - self.margin - width, self.height - self.margin - height, width, height)


def lay_out(order: Order) -> Layout:
    """The layout for an order. Raises ValueError if its labels and card don't fit its picture."""
    look, packing = order.look, order.packing
    margin = _even(0.012 * look.width_px + 4)
    module = card_module_px(look)
    card = paint_card(TRIGGER_TEXT, module)
    label = paint_label(CODE_SHAPE, packing.symbology, look.label_module_px, look.tilt_deg)
    spots, zone = _label_zone(label.size, 2 if packing.two_codes else 1, margin)

    grip = _even(0.12 * look.height_px)
    hand_length = _even(0.17 * look.width_px)
    share = look.parcel_scale
    widest = max(zone[0] + 2 * margin, card.size[0] + 2 * margin, hand_length)
    parcel_width = _even(max(share * 0.40 * look.width_px, widest))
    parcel_height = _even(max(share * 0.48 * look.height_px, max(zone[1], card.size[1]) + 2 * margin + grip))
    left, top = _even((look.width_px - parcel_width) / 2), _even(0.05 * look.height_px)
    parcel = Area(left, top, parcel_width, parcel_height)
    if parcel.x < margin or parcel.bottom > 0.85 * look.height_px:
        raise ValueError(
            f"labels of {label.size[0]}x{label.size[1]} and a card of {card.size[0]}x{card.size[1]} pixels "
            f"need a parcel of {parcel_width}x{parcel_height}, too large for a picture "
            f"of {look.width_px}x{look.height_px}; take smaller modules or a larger picture"
        )
    card_area = Area(left + margin, top + margin, *card.size)
    corner = (parcel_width - margin - zone[0], margin)
    return Layout(
        width=look.width_px,
        height=look.height_px,
        card=card_area,
        card_code=Area(
            card_area.x + card.code_area.x, card_area.y + card.code_area.y, card.code_area.width, card.code_area.height
        ),
        card_module=module,
        parcel=parcel,
        label_spots=tuple((_even(corner[0] + x), _even(corner[1] + y)) for x, y in spots),
        label_size=label.size,
        label_code=label.code_area,
        margin=margin,
        hand_length=hand_length,
        forearm_length=0.75 * look.height_px,
        tip_line=parcel.bottom - grip,
    )


def card_module_px(look: Look) -> float:
    """Size of the trigger card's modules: as asked for, or 6 at 1080 lines in proportion, at least 3."""
    return look.card_module_px or max(3.0, 6.0 * look.height_px / 1080)


def _label_zone(size: tuple[int, int], count: int, gap: int) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """The labels' corners and the zone they fill: beside each other, wide ones above each other."""
    width, height = size
    if width > 2 * height:
        return [(0, n * (height + gap)) for n in range(count)], (width, count * (height + gap) - gap)
    return [(n * (width + gap), 0) for n in range(count)], (count * (width + gap) - gap, height)


def _even(value: float) -> int:
    return 2 * round(value / 2)
