"""The short form of the chaos test: each part of the service is killed once, in the midst of its work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos import VICTIMS, chaos, undisturbed
from tests.conftest import THIRD, TINY, MadeOnce, Vtrack, rendered_once
from vtrack_ray.render.order import Order, Packing

SEED = 7
ORDER = Order(
    seed=7,
    packing=Packing(events=2, event_s=(6, 7), idle_s=(4, 5), before_s=3, after_s=3),
    look=TINY,
    recording=replace(THIRD, videos=2, borders="event"),
)
"""No longer than the work has to be for something to be killed in its midst."""


@pytest.mark.timeout(900)
def test_whatever_is_killed_the_tables_are_those_of_an_undisturbed_run(
    vtrack: Vtrack, made_once: MadeOnce, tmp_path: Path
) -> None:
    footage = rendered_once(made_once, "chaos", ORDER).root
    expected = undisturbed(tmp_path / "undisturbed", footage)
    assert expected["events"]
    with chaos(vtrack, footage, SEED) as one:
        for victim in VICTIMS:
            one.round(victim)
            assert vtrack.snapshot_in_use() == expected, f"after the {victim} was killed"
        with vtrack.answers() as answers:
            # Seen at once, and not only when calls to what is left of Ray have been waited for in vain.
            assert any("Ray's own process" in occurrence.text for occurrence in answers.history())
    assert vtrack.snapshot() == expected
