"""A stage: where parcel and hands are at an instant, from timeline and layout. Pure geometry; paints nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from vtrack_ray.meaning.area import Area
from vtrack_ray.render.hand import POSES, outline, pose_of
from vtrack_ray.render.layout import Layout
from vtrack_ray.render.order import Look
from vtrack_ray.render.timeline import LIFT_S, SLIDE_S, Packed, Timeline

Wrist: TypeAlias = Callable[[float], tuple[float, float]]
"""Where a wrist is at an instant: x and y in pixels."""

HANDS_BEFORE_S = 0.9
_RISE_S = 0.4
_PASS_S = 0.8
"""Half the time that a passing hand is in the picture."""
_SWAY_RAD_PER_S = 3.3
_UNREADABLE_MODULES = 1.5
"""A card is covered once the parcel lies on this much of its finder patterns: the dark rim and a part of the white."""
_PALM, _LEAN = 0.6, 0.135
"""The middle of an inwards leaning hand, up and inwards from its wrist, in hand lengths."""
_PAINTED_WITHIN_PX = 2
"""Hands are painted at even pixels."""


@dataclass(frozen=True, kw_only=True)
class PlacedParcel:
    """A parcel at (x, y), both even, smeared by `smear_px` along x, with the labels that show."""

    packed: Packed
    x: int
    y: int
    smear_px: float
    labels: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class PlacedHand:
    """A hand with its wrist at (x, y), both even, in one of the poses 0 to `POSES` - 1."""

    left: bool
    x: int
    y: int
    smear_px: tuple[float, float]
    pose: int


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """All that moves, at one instant."""

    parcel: PlacedParcel | None
    hands: tuple[PlacedHand, ...]


class Stage:
    """One camera's table over time; times are seconds from the camera's first picture."""

    def __init__(self, timeline: Timeline, layout: Layout, look: Look) -> None:
        self.timeline = timeline
        self.layout = layout
        self._look = look
        self._sway_px = min(look.sway_px_per_s / _SWAY_RAD_PER_S, max(layout.margin - 4, 0))
        self._sway_rate = look.sway_px_per_s / self._sway_px if self._sway_px else 0.0
        self._beside_px = layout.card.right + layout.margin - layout.parcel.x
        self._on_label = _wrists_on_labels(layout)
        self._outlines: dict[tuple[bool, int], npt.NDArray[np.float64]] = {}

    def at(self, time_s: float) -> Arrangement:
        """Where everything is at an instant."""
        packed = next((p for p in self.timeline.packed if self._is_about(p, time_s)), None)
        hands = [
            self._passing_hand(middle, time_s) for middle in self.timeline.passes_s if abs(time_s - middle) < _PASS_S
        ]
        if packed is None:
            return Arrangement(parcel=None, hands=tuple(hands))
        hands += [self._packing_hand(packed, left, time_s) for left in (True, False)]
        return Arrangement(parcel=self._parcel(packed, time_s), hands=tuple(hands))

    def covers_card(self, arrangement: Arrangement) -> bool:
        """Whether the parcel lies on so much of the card's code that it can't be read."""
        return self._overlap_px(arrangement, self.layout.card_code) >= _UNREADABLE_MODULES * self.layout.card_module

    def frees_card(self, arrangement: Arrangement) -> bool:
        """Whether nothing lies on the card."""
        return self._overlap_px(arrangement, self.layout.card) <= 0

    def codes_shown(self, arrangement: Arrangement) -> tuple[str, ...]:
        """The codes that lie wholly in the picture, under no hand, and smeared by no more than a module."""
        parcel = arrangement.parcel
        if parcel is None or abs(parcel.smear_px) > self._look.label_module_px:
            return ()
        code = self.layout.label_code
        shown = []
        for number in parcel.labels:
            x, y = self.layout.label_spots[number]
            area = Area(parcel.x + x + code.x, parcel.y + y + code.y, code.width, code.height)
            if area.fits(self.layout.width, self.layout.height) and not self._hand_lies_on(area, arrangement):
                shown.append(parcel.packed.labels[number].code)
        return tuple(shown)

    def shows_hand(self, arrangement: Arrangement) -> bool:
        """Whether a hand is in the picture from fingertip to wrist."""
        side = 0.5 * self.layout.hand_length
        return any(
            hand.y <= self.layout.height and side <= hand.x <= self.layout.width - side for hand in arrangement.hands
        )

    def _is_about(self, packed: Packed, time_s: float) -> bool:
        return packed.arrives_s - HANDS_BEFORE_S <= time_s < packed.gone_s

    def _hand_lies_on(self, area: Area, arrangement: Arrangement) -> bool:
        # But for strokes, all hands stay below the labels.
        if arrangement.parcel is None or not arrangement.parcel.packed.strokes:
            return False
        return any(self._covers(hand, area) for hand in arrangement.hands)

    def _covers(self, hand: PlacedHand, area: Area) -> bool:
        kind = (hand.left, hand.pose)
        if kind not in self._outlines:
            pose = pose_of(hand.pose, hand.left)
            self._outlines[kind] = outline(pose, self.layout.hand_length, self.layout.forearm_length)
        x, y, radius = self._outlines[kind].T
        x, y = x + hand.x, y + hand.y
        near_x = np.clip(x, area.x, area.right)
        near_y = np.clip(y, area.y, area.bottom)
        reach = radius + np.hypot(*hand.smear_px) / 2 + _PAINTED_WITHIN_PX
        return bool(np.any(np.hypot(x - near_x, y - near_y) < reach))

    def _overlap_px(self, arrangement: Arrangement, area: Area) -> int:
        if arrangement.parcel is None:
            return 0
        left = arrangement.parcel.x
        return min(left + self.layout.parcel.width, area.right) - max(left, area.x)

    def _parcel(self, packed: Packed, time_s: float) -> PlacedParcel | None:
        if time_s < packed.arrives_s:
            return None
        x, half = self._parcel_x(packed, time_s), self._look.exposure_s / 2
        shown = tuple(n for n, label in enumerate(packed.labels) if label.shown_s <= time_s < label.hidden_s)
        return PlacedParcel(
            packed=packed,
            x=_even(x),
            y=self.layout.parcel.y,
            smear_px=self._parcel_x(packed, time_s + half) - self._parcel_x(packed, time_s - half),
            labels=shown,
        )

    def _parcel_x(self, packed: Packed, time_s: float) -> float:
        """In from the left, out to the right, both at full speed over the card; swaying about its place meanwhile."""
        rest, outside = float(self.layout.parcel.x), -float(self.layout.parcel.width)
        rested_s = packed.arrives_s + SLIDE_S
        if time_s < rested_s:
            return outside + (rest - outside) * max(0.0, time_s - packed.arrives_s) / SLIDE_S
        x = rest + self._sway_px * np.sin(self._sway_rate * (min(time_s, packed.leaves_s) - rested_s))
        if packed.lifted:
            x += self._beside_px * _out(packed.lifted, time_s)
        if time_s < packed.leaves_s:
            return float(x)
        return float(x + (self.layout.width - x) * (time_s - packed.leaves_s) / SLIDE_S)

    def _packing_hand(self, packed: Packed, left: bool, time_s: float) -> PlacedHand:
        def where(instant: float) -> tuple[float, float]:
            return self._packing_wrist(packed, left, instant)

        return self._hand(left, where, time_s, packed.phase + (0.0 if left else 2.0))

    def _packing_wrist(self, packed: Packed, left: bool, time_s: float) -> tuple[float, float]:
        """The left hand comes with the parcel and sinks away as it leaves; the right one is first and goes with it."""
        layout, phase = self.layout, packed.phase + (0.0 if left else 2.6)
        reach = 0.028 * layout.width
        x = layout.parcel.x + layout.parcel.width * (0.30 if left else 0.68)
        x += reach * np.sin(1.9 * time_s + phase)
        y = layout.tip_line + layout.hand_length + reach * (1.2 + np.sin(2.7 * time_s + 1.3 * phase))
        below = layout.height + 1.15 * layout.hand_length
        carried = self._parcel_x(packed, time_s) - layout.parcel.x
        if left:
            x += min(carried, 0.0) if time_s < packed.arrives_s + SLIDE_S else 0.0
            y += (below - y) * _eased((time_s - packed.leaves_s) / SLIDE_S)
        else:
            x += carried if time_s >= packed.leaves_s else 0.0
            risen = _eased((time_s - packed.arrives_s + HANDS_BEFORE_S) / _RISE_S)
            y += (below - y) * (1 - risen)
        if packed.strokes and left in self._on_label:
            share = _stroked(packed, time_s)
            label_x, label_y = self._on_label[left]
            x += (label_x + carried - x) * share
            y += (label_y - y) * share
        return float(x), float(y)

    def _passing_hand(self, middle_s: float, time_s: float) -> PlacedHand:
        card, layout = self.layout.card, self.layout
        farthest = card.y + 0.2 * card.height + layout.hand_length
        below = layout.height + 1.15 * layout.hand_length

        def where(instant: float) -> tuple[float, float]:
            return card.x + card.width / 2, farthest + (below - farthest) * ((instant - middle_s) / _PASS_S) ** 2

        return self._hand(False, where, time_s, middle_s)

    def _hand(self, left: bool, where: Wrist, time_s: float, phase: float) -> PlacedHand:
        half = self._look.exposure_s / 2
        (x, y), before, after = where(time_s), where(time_s - half), where(time_s + half)
        bent = 0.5 + 0.5 * np.sin(4.5 * time_s + phase)
        return PlacedHand(
            left=left,
            x=_even(x),
            y=_even(y),
            smear_px=(after[0] - before[0], after[1] - before[1]),
            pose=int(np.rint((POSES - 1) * bent)),
        )


def _wrists_on_labels(layout: Layout) -> dict[bool, tuple[float, float]]:
    """Where wrists are while hands lie on the labels of the parcel at its place: the right hand (False) on the right
    label; the left one on a label beside it; arms lie on what is below."""
    code, corner = layout.label_code, layout.parcel
    columns = sorted({x for x, _ in layout.label_spots}, reverse=True)
    wrists = {}
    for left, column in zip((False, True), columns, strict=False):
        top = min(y for x, y in layout.label_spots if x == column)
        lean = -_LEAN if left else _LEAN
        wrists[left] = (
            corner.x + column + code.x + code.width / 2 + lean * layout.hand_length,
            corner.y + top + code.y + code.height / 2 + _PALM * layout.hand_length,
        )
    return wrists


def _stroked(packed: Packed, time_s: float) -> float:
    """How far hands are from their work (0) to the labels (1)."""
    return max((_out((stroke.from_s, stroke.until_s), time_s) for stroke in packed.strokes), default=0.0)


def _out(stay: tuple[float, float], time_s: float) -> float:
    """How far a thing is from its place (0) to where it stays in [from, until) (1)."""
    from_s, until_s = stay
    return _eased((time_s - from_s) / LIFT_S + 1) * _eased((until_s - time_s) / LIFT_S + 1)


def _eased(share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _even(value: float) -> int:
    return 2 * round(value / 2)
