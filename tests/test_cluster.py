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
        time.sleep(0.2)


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
def test_a_machine_joins_is_cut_off_at_work_comes_back_and_is_drained(two_cameras: Footage, tmp_path: Path) -> None:
    shared, heads_own = (two_cameras.root / name for name in ("cam1", "cam2"))
    expected = run_locally(tmp_path / "undisturbed", shared, heads_own)
    with hosts(tmp_path, 2) as (head, worker):
        head.start(*UP, "--set", f"NODE_ADDRESS={head.address}", *ONE_AT_ONCE)
        until(lambda: nodes(head), head)
        give_token(head, worker)
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
        [up] = [process for process in head.processes() if "up" in process.cmdline()]
        up.send_signal(signal.SIGTERM)
        up.wait(_PATIENCE_S)
    assert head.vtrack.snapshot() == expected
    assert {"failed", "timeout"}.isdisjoint(one["kind"] for one in head.vtrack.json("history"))


@needs_hosts
@pytest.mark.timeout(600)
def test_a_machine_that_is_told_to_end_finishes_its_work_or_is_told_again_and_hands_it_back(
    two_cameras: Footage, tmp_path: Path
) -> None:
    expected = run_locally(tmp_path / "undisturbed", two_cameras.root)
    with hosts(tmp_path, 2) as (head, worker):
        up = head.start(*UP, "--set", f"NODE_ADDRESS={head.address}", *ONE_AT_ONCE)
        until(lambda: nodes(head), head)
        give_token(head, worker)
        patient, held = joined_at_work(head, worker, "patient", two_cameras.root)
        patient.send_signal(signal.SIGTERM)
        until(lambda: "leaving" in worker.said, worker)
        held.resume()
        assert patient.wait(_PATIENCE_S) == 0, worker.said
        assert worker.said.endswith("left: nothing is done here any more\n")
        until(lambda: programs(head.vtrack) == {"done"}, head)
        hasty, held = joined_at_work(head, worker, "hasty", two_cameras.root)
        hasty.send_signal(signal.SIGTERM)
        until(lambda: worker.said.count("leaving") == 2, worker)
        hasty.send_signal(signal.SIGTERM)
        held.resume()
        assert hasty.wait(_PATIENCE_S) == 0, worker.said
        assert worker.said.endswith("left at once\n")
        until(lambda: programs(head.vtrack) == {"done"}, head)
        up.send_signal(signal.SIGTERM)
        assert up.wait(_PATIENCE_S) == 0, head.said
    assert head.vtrack.snapshot() == expected
    assert {"failed", "timeout"}.isdisjoint(one["kind"] for one in head.vtrack.json("history"))


def joined_at_work(head: Host, worker: Host, name: str, path: Path) -> tuple[Popen[str], Process]:
    """A machine that has joined, and one of its processes that is at work on a span, held still."""
    joined = worker.start("node", "join", head.address, "--name", name)
    until(lambda: state(head, name) is NodeState.WORKING, head, worker)
    assert not any("log_monitor" in title(process) for process in worker.processes()), "nobody sees what it follows"
    with head.vtrack.answers() as answers:
        # Whatever was done of it before.
        request = ProgramRequest(kind=ProgramKind.CUSTOM, custom_path=str(path), is_forced=True)
        answers.request_program(request, datetime.now(UTC))
    return joined, at_work_beside(head, worker)
