"""A cluster of hosts with addresses of their own: machines join, see files or not, are cut off, come back and leave."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen

import pytest
from psutil import Process

from tests.conftest import Footage, Snapshot, Vtrack
from tests.hosts import Host, at_work_beside, give_token, hosts, needs_hosts
from tests.processes import title
from vtrack_ray.errors import LedgerError
from vtrack_ray.meaning.node import Node, NodeState, Reach
from vtrack_ray.meaning.program import ProgramKind, ProgramRequest

UP = ("up", "--no-dashboard", "--no-metrics", "--no-http", *("--set", "SPAN_SECONDS=5"), *("--set", "SETTLE_SECONDS=0"))
ONE_AT_ONCE = (*("--set", "BATCH_SIZE_DEFAULT=1"), *("--set", "BATCH_SIZE_MAX=1"))
"""A machine that has nothing else to do would take more: while one job of it is held still, it might do all others."""
_PATIENCE_S = 150.0


def until(is_so: Callable[[], object], *told_by: Host) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        with suppress(LedgerError):  # a service that is just starting does not answer yet
            if is_so():
                return
        assert time.monotonic() < deadline, [one.said for one in told_by]
        time.sleep(0.5)


def nodes(head: Host) -> dict[str, Node]:
    with head.vtrack.told() as answers:
        return {node.name: node for node in answers.nodes()}


def state(head: Host, name: str) -> NodeState | None:
    node = nodes(head).get(name)
    return node.state if node else None


def reaches(node: Node | None) -> dict[str, Reach]:
    return {one.source: one.reach for one in node.sources} if node else {}


def programs(vtrack: Vtrack) -> set[str]:
    with vtrack.told() as answers:
        return {program.state.value for program in answers.programs()}


def run_locally(home: Path, *paths: Path) -> Snapshot:
    home.mkdir()
    vtrack = Vtrack(home)
    vtrack("run", "--local", "--set", "SPAN_SECONDS=5", *paths)
    return vtrack.snapshot()


@needs_hosts
@pytest.mark.timeout(600)
def test_machines_come_and_go_and_the_tables_are_those_of_one(two_cameras: Footage, tmp_path: Path) -> None:
    """In one history, as what they join takes long to start."""
    shared, heads_own = (two_cameras.root / name for name in ("cam1", "cam2"))
    expected = run_locally(tmp_path / "undisturbed", shared, heads_own)
    with hosts(tmp_path, 2) as (head, worker):
        up = head.start(*UP, "--set", f"NODE_ADDRESS={head.address}", *ONE_AT_ONCE)
        until(lambda: nodes(head), head)
        give_token(head, worker)
        joins_is_cut_off_at_work_comes_back_and_is_drained(head, worker, shared, heads_own)
        assert head.vtrack.snapshot_in_use() == expected
        finishes_its_work_when_told_to_end(head, worker, shared)
        hands_its_work_back_when_told_again(head, worker, shared)
        up.send_signal(signal.SIGTERM)
        assert up.wait(_PATIENCE_S) == 0, head.said
    assert head.vtrack.snapshot() == expected
    assert {"failed", "timeout"}.isdisjoint(one["kind"] for one in head.vtrack.json("history"))


def joins_is_cut_off_at_work_comes_back_and_is_drained(head: Host, worker: Host, shared: Path, heads_own: Path) -> None:
    joined = worker.start("node", "join", head.address, "--name", "pc2", hidden=heads_own)
    until(lambda: state(head, "pc2") is NodeState.WORKING, head, worker)
    for path in (heads_own, shared):
        head.vtrack("program", "custom", path)
    held = at_work_beside(head, worker)
    seen = nodes(head)["pc2"]
    assert reaches(seen) == {str(shared): Reach.OWN, str(heads_own): Reach.NONE}
    assert "can't be read here" in next(one.reason or "" for one in seen.sources if one.reason)
    worker.cut()
    held.resume()  # it finishes what nobody waits for any more
    until(lambda: programs(head.vtrack) == {"done"}, head, worker)
    worker.mend()
    until(lambda: worker.said.count("joined") == 2, head, worker)
    until(lambda: state(head, "pc2") is NodeState.WORKING, head, worker)
    head.vtrack("node", "drain", "pc2")
    assert joined.wait(_PATIENCE_S) == 0, worker.said
    until(lambda: "pc2" not in nodes(head), head)


def finishes_its_work_when_told_to_end(head: Host, worker: Host, path: Path) -> None:
    patient, held = joined_at_work(head, worker, "patient", path)
    patient.send_signal(signal.SIGTERM)
    until(lambda: "leaving" in said_since_joined(worker), worker)
    held.resume()
    assert patient.wait(_PATIENCE_S) == 0, worker.said
    assert worker.said.endswith("left: nothing is done here any more\n")
    until(lambda: programs(head.vtrack) == {"done"}, head)


def hands_its_work_back_when_told_again(head: Host, worker: Host, path: Path) -> None:
    hasty, held = joined_at_work(head, worker, "hasty", path)
    hasty.send_signal(signal.SIGTERM)
    until(lambda: "leaving" in said_since_joined(worker), worker)
    hasty.send_signal(signal.SIGTERM)
    held.resume()
    assert hasty.wait(_PATIENCE_S) == 0, worker.said
    assert worker.said.endswith("left at once\n")
    until(lambda: programs(head.vtrack) == {"done"}, head)


def said_since_joined(worker: Host) -> str:
    return worker.said.rpartition("joined")[2]


def joined_at_work(head: Host, worker: Host, name: str, path: Path) -> tuple[Popen[str], Process]:
    """A machine that has joined, and one of its processes that is at work on a span, held still."""
    joined = worker.start("node", "join", head.address, "--name", name)
    until(lambda: state(head, name) is NodeState.WORKING, head, worker)
    assert not any("log_monitor" in title(process) for process in worker.processes()), "nobody sees what it follows"

    def ask() -> None:
        with head.vtrack.answers() as answers:
            # Whatever was done of it before.
            request = ProgramRequest(kind=ProgramKind.CUSTOM, custom_path=str(path), is_forced=True)
            answers.request_program(request, datetime.now(UTC))

    ask()
    return joined, at_work_beside(head, worker, ask_again=ask)
