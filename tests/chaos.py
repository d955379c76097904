"""Chaos: whatever is killed, whenever, the service goes on to the tables of an undisturbed run.

`python -m tests.chaos --rounds 200` goes on for an hour or two; the seed of a round that fails is printed.
"""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import psutil

from tests.conftest import TWO_CAMERAS, Snapshot, Vtrack, rendered
from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.answers import open_answers, open_owner
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramRequest, ProgramState

UP = (
    "up",
    "--no-dashboard",
    "--no-http",
    "--set",
    "SPAN_SECONDS=5",
    "--set",
    "RETRY_SECONDS=1",
    "--set",
    "SETTLE_SECONDS=0",
)
LOCAL = ("run", "--local", "--set", "SPAN_SECONDS=5")

_IN_WORK = 0.8
"""So often the work is waited for; else its start may be disturbed."""
_LONGEST_WORK_S = 2.0
_PATIENCE_S = 150.0
_LOOK_AGAIN_S = 0.2

_PROCESSES = {
    "sampling worker": r"ray::(sample|survey|second look)",
    "event detector": "ray::DetectorActor",
    "store": "ray::StoreActor",
    "store in a commit": "ray::StoreActor",
    "scheduler": "ray::SchedulerActor",
    "driver": r"vtrack_ray\.actors\.session",
    "supervisor": r"vtrack_ray up",
    "all of Ray": r"ray::|gcs_server|raylet",
    "all at once": "",
}
"""What can be killed, and how its processes call themselves."""

VICTIMS = tuple(_PROCESSES)


@dataclass
class Chaos:
    """A service at work on `footage`, and somebody who kills parts of it."""

    vtrack: Vtrack
    footage: Path
    chance: random.Random
    up: subprocess.Popen[str]

    def round(self, victim: str) -> None:
        """Asks for all the work anew, kills the victim in its midst, and waits until the work is done."""
        program = self.asked()
        if self.chance.random() < _IN_WORK:
            self.until(program, ProgramState.RUNNING)
        time.sleep(self.chance.uniform(0, _LONGEST_WORK_S))
        self.kill(victim)
        if self.up.poll() is not None:
            self.up.communicate()
            self.up = self.vtrack.start(*UP)
        self.until(program, ProgramState.DONE)

    def asked(self) -> Program:
        """An acknowledged request: from now on, it may not be forgotten."""
        request = ProgramRequest(kind=ProgramKind.CUSTOM, custom_path=str(self.footage), is_forced=True)
        return patiently(lambda: self._asked(request))

    def _asked(self, request: ProgramRequest) -> Program:
        with open_answers(self.vtrack.db, create=True) as answers:
            return answers.request_program(request, datetime.now(UTC))

    def kill(self, victim: str) -> None:
        """Kills it, if it is there; not to find it is one more moment to be killed in."""
        if victim == "store in a commit":
            self._wait_for_a_commit()
        for process in self.processes():
            if re.search(_PROCESSES[victim], _title(process)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                if process.pid == self.up.pid:
                    self.up.wait(timeout=_PATIENCE_S)

    def processes(self) -> list[psutil.Process]:
        """All of the service, which has just been seen to run."""
        up = psutil.Process(self.up.pid)
        return [up, *up.children(recursive=True)]

    def _wait_for_a_commit(self) -> None:
        """Until the write-ahead log has just grown: the next commit is on its way, or this one not yet whole."""
        log = self.vtrack.db.with_name(self.vtrack.db.name + ".wal")
        deadline = time.monotonic() + _LONGEST_WORK_S
        before = _size(log)
        while _size(log) == before and time.monotonic() < deadline:
            time.sleep(0.0005)

    def until(self, program: Program, state: ProgramState) -> None:
        """Waits until a program that was asked for is in that state, or past it."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(LedgerError), open_owner(self.vtrack.db) as owner:
                if owner is not None:
                    [now] = [one for one in owner.programs() if one.program_id == program.program_id]
                    assert now.state not in (ProgramState.FAILED, ProgramState.STOPPED), now
                    if now.state in (state, ProgramState.DONE):
                        return
            assert self.up.poll() is None, self.up.communicate()
            time.sleep(_LOOK_AGAIN_S)
        self.kill("all at once")
        raise AssertionError(f"{program} was not {state} within {_PATIENCE_S:g} s", self.up.communicate())


@contextlib.contextmanager
def chaos(vtrack: Vtrack, footage: Path, seed: int = 1) -> Iterator[Chaos]:
    """A service, which is ended in good order; then the database is free."""
    one = Chaos(vtrack, footage, random.Random(seed), vtrack.start(*UP))  # noqa: S311
    try:
        yield one
        one.up.send_signal(signal.SIGTERM)
        out, err = one.up.communicate(timeout=_PATIENCE_S)
        assert one.up.returncode == 0, out + err
    finally:
        if one.up.poll() is None:
            one.kill("all at once")
        one.up.communicate()


def undisturbed(home: Path, footage: Path) -> Snapshot:
    """The tables of a run that nothing happened to."""
    home.mkdir()
    vtrack = Vtrack(home)
    vtrack(*LOCAL, footage)
    return vtrack.snapshot()


def patiently(ask: Callable[[], Program]) -> Program:
    """The answer, as soon as there is somebody to give it: what is being started again answers soon."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return ask()
        except LedgerError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_LOOK_AGAIN_S)


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@click.command()
@click.option("--rounds", default=200, show_default=True, help="How often something is killed.")
@click.option("--seed", default=1, show_default=True, help="Of the first round; the next one has the next.")
def main(rounds: int, seed: int) -> None:
    """Kills parts of a service at work, again and again. What a failed round leaves behind is kept."""
    root = Path(tempfile.mkdtemp(prefix="vtrack-chaos-"))
    click.echo(f"In {root}.")
    footage = rendered(root / "footage", TWO_CAMERAS).root
    expected = undisturbed(root / "undisturbed", footage)
    (root / "home").mkdir()
    with chaos(Vtrack(root / "home"), footage) as one:
        for number in range(seed, seed + rounds):
            one.chance.seed(number)
            victim = one.chance.choice(VICTIMS)
            began_s = time.monotonic()
            one.round(victim)
            click.echo(f"round of seed {number}: {victim} killed, all done {time.monotonic() - began_s:.0f} s later")
            if wrong := differences(expected, one.vtrack.snapshot_in_use()):
                raise AssertionError(f"round of seed {number}", *wrong)
    shutil.rmtree(root)


def differences(expected: Snapshot, found: Snapshot) -> list[str]:
    """The rows, each with its table's name, that are in one of the snapshots only."""
    return [
        f"{kind} in {table}: {row}"
        for table in sorted(expected.keys() | found.keys())
        for kind, rows, others in (
            ("missing", expected.get(table, []), found.get(table, [])),
            ("not expected", found.get(table, []), expected.get(table, [])),
        )
        for row in rows
        if row not in others
    ]


if __name__ == "__main__":
    main()
