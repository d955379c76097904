"""Garbage: how often Python looks for what only refers to itself, where records pass through by the thousand."""

from __future__ import annotations

import gc

_YOUNG = 50_000
"""Objects between two looks at the young ones, some 10 MB of them; Python's own 700 are two samples' worth of rows."""


def collect_seldom() -> None:
    """Has this process look seldom, and no more at what is there already.

    A sampling log has hundreds of samples, none of which refers to itself: to look through them after every few takes
    as long as to read them.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
