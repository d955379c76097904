"""Eight packings at full size, on Ray: every one found, to half a second, with every code, and nothing besides;
and the tables are those of a run without Ray."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conftest import THIRD, Footage, Vtrack, rendered
from vtrack_ray.render.compare import compare
from vtrack_ray.render.order import Look, Order, Packing


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    order = Order(
        seed=8,
        cameras=("full",),
        packing=Packing(
            events=8, event_s=(6, 7), idle_s=(4, 4.5), before_s=3, after_s=3, two_codes=True, passing_hands=2
        ),
        look=Look(label_module_px=2.2),
        recording=replace(THIRD, videos=2, borders="event"),
    )
    return rendered(tmp_path_factory.mktemp("eight"), order)


@pytest.mark.timeout(600)
def test_eight_events_at_full_size_and_the_tables_of_a_local_run(
    new_vtrack: Vtrack, another_vtrack: Vtrack, eight: Footage
) -> None:
    assert "2 done; 2 of them in this run" in new_vtrack("run", eight.root)
    comparison = compare(eight.truth, new_vtrack.json("events"))
    assert len(comparison.pairs) == 8
    assert comparison.agrees(within_s=0.5), comparison
    another_vtrack("run", "--local", eight.root)
    assert another_vtrack.snapshot() == new_vtrack.snapshot()
