"""The simulation of a large cluster, at a small size: the tables are right, whatever fails."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.simulate import Simulation, options_of, result_of
from benchmarks.simulation import nodes
from benchmarks.simulation.clock import Clock, SimulatedLoop
from vtrack_ray.ledger.ledger import Ledger


def test_nodes_that_are_lost_and_answers_that_come_late_leave_the_tables_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "_LOST_EVERY_S", 2.0)
    monkeypatch.setattr(nodes, "_CRASHES", 0.1)
    options = options_of(["--videos", "8", "--cameras", "2", "--nodes", "2", "--before", "3"])
    clock = Clock(time.process_time)
    with Ledger.open(tmp_path / "simulate.duckdb") as ledger:
        simulation = Simulation(options, ledger, clock, RETRY_SECONDS=1)
        with closing(SimulatedLoop(clock)) as loop:
            loop.run_until_complete(simulation.run())
        assert list(simulation.faults()) == []
        result = result_of(simulation, options, took_s=0.0)
        [camera, _] = simulation.recordings.cameras
        assert simulation.recordings.told(camera, range(4)) != simulation.recordings.told(camera, range(3))
    assert result["lost"] > 0
    assert result["crashed"] > 0
    assert result["late_refused"] == result["late"] > 0
    assert result["events"] > 30
