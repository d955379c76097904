"""Chaos in a cluster: whatever happens to its machines, the tables are those of a single undisturbed one.

`python -m tests.chaos_cluster --rounds 20` (`make chaos-cluster`) takes some minutes, as root: the machines are network
namespaces. It prints how many seconds each recovery took.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click
import psutil

from tests.chaos import patiently
from tests.conftest import TWO_CAMERAS, Vtrack, rendered
from tests.hosts import Host, at_work_beside, give_token, hosts
from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.meaning.node import Node, NodeState, Reach
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramRequest, ProgramState

UP = (
    *("up", "--no-dashboard", "--no-http", "--set", "SPAN_SECONDS=5", "--set", "SETTLE_SECONDS=0"),
    *("--set", "BATCH_SIZE_DEFAULT=1", "--set", "BATCH_SIZE_MAX=1"),
    # A video that is begun again and again is suspected of ending the service, and would pause for as long.
    *("--set", "RETRY_SECONDS=5"),
)
_PATIENCE_S = 240.0
_A_BLIP_S = 2.0
_SLOW_S = 25.0
"""Longer than the head believes in a machine that does not answer."""


@dataclass
class Cluster:
    """A service on a head, a worker that joined it, and footage that both see."""

    head: Host
    worker: Host
    footage: Path
    is_kept: bool = False
    """Whether Ray's own control store is kept while the head is away."""
    happened_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    seen: dict[str, float] = field(default_factory=dict)
    """Seconds from what was done to the machines to what was seen then."""

    def start_head(self) -> None:
        kept = ("--set", "KEEP_CLUSTER=true") if self.is_kept else ()
        self.head.start(*UP, *kept, "--set", f"NODE_ADDRESS={self.head.address}")

    def start_worker(self) -> None:
        self.worker.start("node", "join", self.head.address, "--name", "pc2")

    def node(self) -> Node | None:
        with self.head.vtrack.answers() as answers:
            return next((node for node in answers.nodes() if node.name == "pc2"), None)

    def is_at_work(self) -> bool:
        node = self.node()
        return node is not None and node.state is NodeState.WORKING and self._sees(node)

    def is_back(self) -> bool:
        """Whether it was seen at work since it happened."""
        node = self.node()
        return self.is_at_work() and node is not None and node.seen_at > self.happened_at

    def _sees(self, node: Node) -> bool:
        return not node.sources or all(one.reach is Reach.OWN for one in node.sources)

    def is_gone(self) -> bool:
        node = self.node()
        return node is None or node.state is NodeState.SILENT

    def asked(self) -> Program:
        request = ProgramRequest(kind=ProgramKind.CUSTOM, custom_path=str(self.footage), is_forced=True)

        def ask() -> Program:
            with open_answers(self.head.vtrack.db, create=True) as answers:
                return answers.request_program(request, datetime.now(UTC))

        return patiently(ask)

    def is_done(self, program: Program) -> bool:
        with self.head.vtrack.answers() as answers:
            [now] = [one for one in answers.programs() if one.program_id == program.program_id]
        assert now.state not in (ProgramState.FAILED, ProgramState.STOPPED), now
        return now.state is ProgramState.DONE

    def until(self, what: str, is_so: Callable[[], bool], since_s: float | None = None) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            with contextlib.suppress(LedgerError):  # who is being started again does not answer yet
                if is_so():
                    break
            assert time.monotonic() < deadline, (what, self.head.said[-3000:], self.worker.said[-3000:])
            time.sleep(0.1)
        if since_s is not None:
            self.seen[what] = time.monotonic() - since_s

    def round(self, happens: str) -> None:
        """Asks for all the work anew, has it happen while the worker is at work, and waits until the work is done."""
        self.until("the worker is at work", self.is_at_work)
        self.seen.clear()
        program = self.asked()
        held = at_work_beside(self.head, self.worker, _PATIENCE_S)
        began_s, self.happened_at = time.monotonic(), datetime.now(UTC)
        getattr(self, happens.replace(" ", "_"))(held, began_s)
        self.until("all done", lambda: self.is_done(program), began_s)

    def worker_killed(self, _held: psutil.Process, began_s: float) -> None:
        self.worker.kill()
        self.until("noticed", self.is_gone, began_s)
        self.start_worker()

    def worker_cut_off(self, held: psutil.Process, began_s: float) -> None:
        """It finishes what it was at all the same; it is back later, with claims that count no more."""
        self.worker.cut()
        held.resume()
        self.until("noticed", self.is_gone, began_s)
        self.until("given up", lambda: self.node() is None, began_s)
        self.worker.mend()
        mended_s = time.monotonic()
        self.until("back again", self.is_back, mended_s)

    def longer_blip(self, held: psutil.Process, began_s: float) -> None:
        """As long as makes connections fail, but not the machine."""
        self.worker.cut()
        held.resume()
        self.until("noticed", self.is_gone, began_s)
        self.worker.mend()

    def short_blip(self, held: psutil.Process, _began_s: float) -> None:
        self.worker.cut()
        held.resume()
        time.sleep(_A_BLIP_S)
        self.worker.mend()

    def worker_stands_still(self, _held: psutil.Process, began_s: float) -> None:
        """As if it was starved of its processors: nothing of it answers for a while."""
        still = self.worker.processes()
        for process in still:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        self.until("noticed", self.is_gone, began_s)
        time.sleep(max(0.0, _SLOW_S - (time.monotonic() - began_s)))
        for process in still:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
        resumed_s = time.monotonic()
        self.until("back again", self.is_back, resumed_s)

    def head_killed(self, held: psutil.Process, began_s: float) -> None:
        self.head.kill()
        with contextlib.suppress(psutil.NoSuchProcess):
            held.resume()
        self.start_head()
        self.until("back again", self.is_back, began_s)

    def head_cut_off(self, held: psutil.Process, began_s: float) -> None:
        """For longer than the worker waits for it."""
        self.head.cut()
        held.resume()
        self.until("noticed", self.is_gone, began_s)
        self.head.mend()
        mended_s = time.monotonic()
        self.until("back again", self.is_back, mended_s)


HAPPENINGS = (
    "worker killed",
    "worker cut off",
    "short blip",
    "longer blip",
    "worker stands still",
    "head killed",
    "head cut off",
)


@contextlib.contextmanager
def cluster(folder: Path, footage: Path, *, is_kept: bool = False) -> Iterator[Cluster]:
    """A service with a worker, which is ended in good order; then the database is free."""
    with hosts(folder, 2) as (head, worker):
        one = Cluster(head, worker, footage, is_kept)
        one.start_head()
        one.until("the service is there", lambda: one.node() is None)
        one.until("the token is there", (head.home / ".ray" / "auth_token").is_file)
        give_token(head, worker)
        one.start_worker()
        yield one
        [up] = [process for process in head.processes() if "up" in process.cmdline()]
        up.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired, psutil.NoSuchProcess):
            up.wait(_PATIENCE_S)


@click.command()
@click.option("--rounds", default=2, show_default=True, help="How often each thing happens.")
@click.option("--only", multiple=True, type=click.Choice(HAPPENINGS), help="What is to happen; all of it otherwise.")
@click.option("--kept", is_flag=True, help="Keep Ray's own control store while the head is away (KEEP_CLUSTER).")
def main(rounds: int, only: tuple[str, ...], kept: bool) -> None:
    """Has things happen to the machines of a cluster at work."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing of it is to stay behind
    with tempfile.TemporaryDirectory(prefix="vtrack-chaos-") as name:
        folder = Path(name)
        footage = rendered(folder / "footage", TWO_CAMERAS).root
        (folder / "undisturbed").mkdir()
        undisturbed = Vtrack(folder / "undisturbed")
        undisturbed("run", "--local", "--set", "SPAN_SECONDS=5", footage)
        expected = undisturbed.snapshot()
        with cluster(folder, footage, is_kept=kept) as one:
            for _ in range(rounds):
                for happens in only or HAPPENINGS:
                    one.round(happens)
                    times = ", ".join(f"{what} after {seconds:.0f} s" for what, seconds in one.seen.items())
                    click.echo(f"{happens}: {times}")
                    assert one.head.vtrack.snapshot_in_use() == expected, happens


if __name__ == "__main__":
    main()
