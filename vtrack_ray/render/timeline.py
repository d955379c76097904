"""A timeline: what happens when on one camera's table, and which file shows it. Pure: order and seed in, times out."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np

from vtrack_ray.render.order import Order, Packing

SLIDE_S = 0.5
"""How long a parcel takes from its place to the picture's edge and beyond, and back."""
LIFT_S = 0.25
"""How long a hand takes from its work to a label, and back, and a parcel to be off the card, and on it again."""
_SECOND_LABEL_AFTER_S = 0.8
_STROKE_S = (0.5, 1.5)
_BETWEEN_STROKES_S = (0.9, 1.7)
"""With its ways there and back, a hand is over the label for about half of the time."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """A tracking code shown on the parcel in [shown_s, hidden_s), seconds from the camera's first picture."""

    code: str
    shown_s: float
    hidden_s: float


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """Hands lie on all labels in [from_s, until_s), seconds from the camera's first picture; they come and go about
    it, `LIFT_S` each."""

    from_s: float
    until_s: float


@dataclass(frozen=True, kw_only=True)
class Packed:
    """One parcel: it begins to slide in at `arrives_s` and out at `leaves_s`; its event starts and ends just after."""

    arrives_s: float
    leaves_s: float
    labels: tuple[Label, ...]
    phase: float
    """Where hands and parcel are in their to and fro, in radians: no two parcels alike."""
    tone: float
    """The cardboard's brightness, about 1."""
    strokes: tuple[Stroke, ...] = ()
    lifted: tuple[float, float] | None = None
    """[from, until) in which it is off the trigger card, seconds from the camera's first picture; it moves aside and
    back about it, `LIFT_S` each."""

    @property
    def gone_s(self) -> float:
        return self.leaves_s + SLIDE_S


@dataclass(frozen=True, kw_only=True)
class Take:
    """What one file records: [start_s, end_s)."""

    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """One camera's doings, in seconds from its first picture."""

    packed: tuple[Packed, ...]
    passes_s: tuple[float, ...]
    """When a passing hand is farthest over the card."""
    takes: tuple[Take, ...]


def plan(order: Order, camera_number: int) -> Timeline:
    """The timeline of the camera with that number (from 0)."""
    rng = np.random.default_rng([order.seed, camera_number])
    packing = order.packing
    packed: list[Packed] = []
    idle: list[tuple[float, float]] = []
    idle_from, idle_s = 0.0, packing.before_s
    for number in range(1, packing.events + 1):
        arrives = idle_from + idle_s
        leaves = arrives + float(rng.uniform(*packing.event_s))
        idle.append((idle_from, arrives))
        packed.append(_packed(packing, number, arrives, leaves, rng))
        idle_from, idle_s = leaves, float(rng.uniform(*packing.idle_s))
    if packing.cut_short:
        end = (packed[-1].arrives_s + packed[-1].leaves_s) / 2
    else:
        end = idle_from + packing.after_s
        idle.append((idle_from, end))
    return Timeline(
        packed=tuple(packed),
        passes_s=_passes(packing.passing_hands, idle),
        takes=_takes(order, idle, end, rng),
    )


def _packed(packing: Packing, number: int, arrives: float, leaves: float, rng: np.random.Generator) -> Packed:
    codes = [f"SPXVN{rng.integers(10**10):010d}" for _ in range(2 if packing.two_codes else 1)]
    shown = arrives + (leaves - arrives) * float(rng.uniform(0.50, 0.58))
    hidden = leaves + SLIDE_S if packing.label_s is None else min(shown + packing.label_s, leaves + SLIDE_S)
    labels = []
    for place, code in enumerate(codes):
        later = place * min(_SECOND_LABEL_AFTER_S, (hidden - shown) / 2)
        labels.append(Label(code=code, shown_s=shown + later, hidden_s=hidden))
    phase, tone = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.85, 1.1))
    labelled = number not in packing.unlabelled
    stroked = labelled and packing.hands_over_label
    return Packed(
        arrives_s=arrives,
        leaves_s=leaves,
        labels=tuple(labels) if labelled else (),
        phase=phase,
        tone=tone,
        strokes=_strokes(shown, min(hidden, leaves), seed=int(phase * 1e6)) if stroked else (),
        lifted=_lifted(arrives, leaves, packing.lifted_s, seed=int(phase * 1e6)) if packing.lifted_s else None,
    )


def _lifted(arrives: float, leaves: float, lifted_s: float, seed: int) -> tuple[float, float]:
    """Anywhere in the packing but for its first and last second; drawn with a seed of its own, as strokes are."""
    rng = np.random.default_rng(seed)
    start = float(rng.uniform(arrives + SLIDE_S + 1.0 + LIFT_S, leaves - 1.0 - LIFT_S - lifted_s))
    return start, start + lifted_s


def _strokes(shown: float, until: float, seed: int) -> tuple[Stroke, ...]:
    """The first stroke sticks the label on, the last one ends so that the hands are back at `until`.

    They have a seed of their own, so that all else happens as it does without them.
    """
    rng = np.random.default_rng(seed)
    strokes: list[Stroke] = []
    start = shown
    while (end := start + float(rng.uniform(*_STROKE_S))) < until - LIFT_S:
        strokes.append(Stroke(from_s=start, until_s=end))
        start = end + float(rng.uniform(*_BETWEEN_STROKES_S))
    return tuple(strokes)


def _passes(count: int, idle: list[tuple[float, float]]) -> tuple[float, ...]:
    """The middles of the `count` longest idle stretches."""
    longest = sorted(idle, key=lambda stretch: stretch[0] - stretch[1])[:count]
    return tuple(sorted((start + end) / 2 for start, end in longest))


def _takes(order: Order, idle: list[tuple[float, float]], end: float, rng: np.random.Generator) -> tuple[Take, ...]:
    """The files: each border lies in an event's midst or before it, and the next file starts on a whole second."""
    recording, events = order.recording, order.packing.events
    takes, start = [], 0.0
    for number in range(1, recording.videos):
        event = floor(number * events / recording.videos)
        in_event = recording.borders == "event"
        middle = (idle[event][1] + idle[event + 1][0]) / 2 if in_event else sum(idle[event]) / 2
        border = float(max(round(middle), floor(start) + 1))
        takes.append(Take(start_s=start, end_s=border - float(rng.uniform(0.1, 0.9))))
        start = border
    return (*takes, Take(start_s=start, end_s=end))


def picture_times(order: Order, camera_number: int, take: Take) -> tuple[float, ...]:
    """When the pictures of a take are taken, in seconds from its start; the first is 0.

    At a variable rate times are whole milliseconds, as the coarsest container keeps them.
    """
    recording = order.recording
    step, duration = 1 / float(recording.rate), take.end_s - take.start_s
    if not recording.variable_frame_rate:
        return tuple(float(n / recording.rate) for n in range(max(1, round(duration / step))))
    rng = np.random.default_rng([order.seed, camera_number, round(take.start_s)])
    gaps = step * rng.uniform(0.5, 1.4, size=int(3 * duration / step) + 2)
    gaps[rng.random(gaps.size) < 0.02] += 2.5 * step
    times = np.round(np.concatenate([[0.0], np.cumsum(gaps)]), 3)
    return tuple(float(time) for time in times[times < duration - step / 2])
