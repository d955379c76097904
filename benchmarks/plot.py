"""The benchmark's rows as bars: how many times real time, beside what decoding alone takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

BARS = (("speed", "vtrack"), ("regular", "a picture each interval"), ("floor", "decoding alone"))


def plot(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Writes a picture (PNG, by the file's name); a logarithmic scale, since idle footage is far ahead."""
    figure, axes = plt.subplots(figsize=(10, 0.8 * len(rows) + 1.5))
    for number, (field, label) in enumerate(BARS):
        places = [place + 0.27 * (number - 1) for place in range(len(rows))]
        bars = axes.barh(places, [row[field] for row in rows], 0.25, label=label)
        axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.set_yticks(range(len(rows)), [row["footage"] for row in rows])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("times real time on one core")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
