"""What is kept of machines, and which files stand for a source."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.node import Node, NodeState, Reach, SourceReach
from vtrack_ray.meaning.video import FoundFile

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
HEAD = Node(
    name="head",
    address="192.0.2.10",
    is_head=True,
    state=NodeState.WORKING,
    reason=None,
    cores=2,
    batch=2,
    running=1,
    cpu_percent=37.5,
    memory_percent=None,
    seen_at=AT,
    sources=(SourceReach(source="/rec\udcff", reach=Reach.OWN),),
)
WORKER = replace(
    HEAD,
    name="a pc",
    is_head=False,
    state=NodeState.SILENT,
    reason="it has not answered",
    sources=(SourceReach(source="/rec\udcff", reach=Reach.NONE, reason="/rec\udcff/a.mp4 can't be read here"),),
)


def test_machines_are_kept_as_they_were_last_seen_the_head_first(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "nodes.duckdb") as ledger:
        assert ledger.nodes() == []
        ledger.save_nodes([WORKER, HEAD])
        assert ledger.nodes() == [HEAD, WORKER]
        ledger.save_nodes([HEAD])
        assert ledger.nodes() == [HEAD]
        ledger.save_nodes([])
        assert ledger.nodes() == []


def test_an_order_to_drain_holds_until_it_is_taken_back(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "nodes.duckdb") as ledger:
        for name in ("pc2", "pc2", "pc1"):
            ledger.order_drain(name, AT, is_drained=True)
    with Ledger.open(tmp_path / "nodes.duckdb") as ledger:
        assert ledger.drained_nodes() == ["pc1", "pc2"]
        for _ in range(2):
            ledger.order_drain("pc2", AT, is_drained=False)
        assert ledger.drained_nodes() == ["pc1"]


def test_the_latest_and_the_largest_files_stand_for_a_source(tmp_path: Path) -> None:
    files = [
        FoundFile(
            source=source,
            path=f"{source}/cam1/{number}.mp4",
            camera_name="cam1",
            size_bytes=1000 - number,
            modified_ns=10**18 + number,
        )
        for source in ("/a", "/b")
        for number in range(10)
    ]
    with Ledger.open(tmp_path / "nodes.duckdb") as ledger:
        ledger.register(files, AT)
        found = ledger.sample_files(["/a", "/elsewhere"], 2)
        assert [file.path for file in found] == [f"/a/cam1/{number}.mp4" for number in (0, 1, 8, 9)]
        assert set(found) <= set(files)
