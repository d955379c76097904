"""Footage and databases made once for all tests, and the command line as a process of its own."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from xdist.scheduler import LoadScopeScheduling

from tests.commands import Ended, ended
from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.answers import Answers, open_answers, open_owner
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.mark import mark_path
from vtrack_ray.pipeline.garbage import collect_seldom
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.render.truth import Truth, read_truth

# A machine that does other things as well is slow: that is no fault of what is tested.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")

HERE = Path(__file__).parent
SMALL = Look(width_px=640, height_px=360, label_module_px=2.4)
TINY = Look(width_px=480, height_px=270, label_module_px=2.4)
THIRD = Recording(frame_rate=25 / 3, preset="ultrafast")
"""Where it is not about how it was recorded: a third of the pictures to paint, to encode and to examine."""
TWO_CAMERAS = Order(
    seed=5,
    cameras=("cam1", "cam2"),
    packing=Packing(events=3, event_s=(6, 9), idle_s=(4, 6), unlabelled=(2,), passing_hands=1),
    look=TINY,
    recording=replace(THIRD, videos=2, borders="event"),
)

_LONG_FIRST = (
    HERE / "api",
    *(HERE / "actors" / f"test_{name}.py" for name in ("autoscaler", "cluster", "launcher", "scheduler")),
    *sorted(HERE.glob("test_*.py")),
    HERE / "pipeline" / "test_scheduler.py",
    HERE / "render" / "test_footage.py",
    HERE / "drive",
)
"""Whose tests take longest, in the order in which they are begun."""

_STARTING_RAY = ("run", "up", "demo", "doctor")
"""Commands that start processes of their own kind, which have to be found by what they are called."""

Snapshot = dict[str, list[tuple[object, ...]]]


class Scopes(LoadScopeScheduling):  # type: ignore[misc]
    """Several processes take tests from one list, whichever is free; those of a scope go to one of them, as what they
    share takes long to make.

    Tests of the whole program share nothing, and are taken one by one; those of a part, by file; all that ask the HTTP
    service, together: each process would start one of its own.
    """

    def add_node_collection(self, node: Any, collection: list[str]) -> None:
        """With a number each: those made from the HTTP service's specification are all called the same."""
        times = Counter[str]()
        numbered = []
        for nodeid in collection:
            times[nodeid] += 1
            numbered.append(f"{nodeid}#{times[nodeid]}")
        super().add_node_collection(node, numbered)

    def _split_scope(self, nodeid: str) -> str:
        path = HERE.parent / nodeid.split("::")[0]
        if path.parent == HERE:
            return nodeid
        return "service" if path.parent == HERE / "api" and path.name != "test_robustness.py" else str(path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scopes:
    return Scopes(config, log)


def pytest_configure() -> None:
    # What is imported and found from here on stays to the end: looking for garbage in it takes a tenth of the time.
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones come first, or one process idles while another ends a long one."""
    items.sort(key=lambda item: _rank(item.path))
    gc.collect()
    collect_seldom()
    gc.enable()


@cache
def _rank(path: Path) -> int:
    return next((rank for rank, one in enumerate(_LONG_FIRST) if path.is_relative_to(one)), len(_LONG_FIRST))


@dataclass(frozen=True)
class Footage:
    root: Path
    truth: Truth


def rendered(root: Path, order: Order) -> Footage:
    return Footage(root, render(order, root))


MadeOnce: TypeAlias = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Makes a folder of that name for all tests, which only read it: where several processes run them, the first that
    wants it makes it, and the others wait for it."""
    own = tmp_path_factory.getbasetemp()
    # There, each process has a folder of its own in a common one.
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, whole = common / name, common / f"{name}.whole"
        with (common / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)  # what one that failed has left behind
                folder.mkdir()
                make(folder)
                whole.touch()
        return folder

    return made


def rendered_once(made_once: MadeOnce, name: str, order: Order) -> Footage:
    root = made_once(name, lambda folder: render(order, folder))
    return Footage(root, read_truth(root))


@pytest.fixture(scope="session")
def two_cameras(made_once: MadeOnce) -> Footage:
    """Two cameras, two files each, an event across the border, one parcel without a label, passing hands."""
    return rendered_once(made_once, "two_cameras", TWO_CAMERAS)


@pytest.fixture(scope="session")
def without_card(made_once: MadeOnce) -> Footage:
    """One camera whose table has no trigger card."""
    order = Order(
        seed=6,
        cameras=("bare",),
        packing=Packing(events=2, event_s=(7, 9), trigger_card=False),
        look=SMALL,
        recording=THIRD,
    )
    return rendered_once(made_once, "without_card", order)


@dataclass(frozen=True)
class Vtrack:
    """`vtrack` with a home and a database of its own."""

    home: Path

    @property
    def db(self) -> Path:
        return self.home / "vtrack.duckdb"

    @property
    def environment(self) -> dict[str, str]:
        # Hundreds of processes import the same modules: the first one keeps what it has compiled.
        unwanted = ("VTRACK_", "RAY_", "PYTHONDONTWRITEBYTECODE")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
        return {**inherited, "HOME": str(self.home), "VTRACK_DB": str(self.db), "PYTHONUNBUFFERED": "1"}

    def start(self, *arguments: str | Path, stdin: bool = False) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "vtrack_ray", *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.PIPE if stdin else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str | Path) -> Ended:
        """A finished command."""
        words = [*map(str, arguments)]
        if words[0] not in _STARTING_RAY or {"--local", "--address"} & {*words}:
            return ended(words, self.environment)
        with self.start(*words) as process:
            out, err = process.communicate(timeout=240)
        return Ended(process.returncode, out, err)

    def __call__(self, *arguments: str | Path, status: int = 0) -> str:
        """Standard output (and standard error, where the status asked for is not 0) of a finished command."""
        done = self.run(*arguments)
        assert done.status == status, f"exit status {done.status}\n{done.out}\n{done.err}"
        return done.out + done.err if status else done.out

    def both(self, *arguments: str | Path) -> tuple[str, str]:
        """Standard output and standard error of a command that ends well."""
        done = self.run(*arguments)
        assert done.status == 0, f"exit status {done.status}\n{done.out}\n{done.err}"
        return done.out, done.err

    def json(self, *arguments: str | Path) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = json.loads(self(*arguments, "--json"))
        return answer

    def answers(self) -> AbstractContextManager[Answers]:
        """The database, whoever holds it: what is asked again and again needs no process for each time."""
        return open_answers(self.db)

    @contextmanager
    def told(self) -> Iterator[Answers]:
        """The service's own answers; raises LedgerError while there are none.

        Whoever opens the file to see whether the service is there yet has its start wait for him.
        """
        with open_owner(self.db) as owner:
            if owner is None:
                raise LedgerError("No service answers.")
            yield owner

    def statuses(self) -> set[str]:
        """What the videos have come to."""
        with self.answers() as answers:
            return {video.status.value for video in answers.videos()}

    def snapshot(self) -> Snapshot:
        with Ledger.open(self.db, read_only=True) as ledger:
            return ledger.snapshot()

    def snapshot_in_use(self) -> Snapshot:
        """The same of a database that somebody holds, from a copy that he makes of it."""
        copy = self.home / "copy.duckdb"
        with self.answers() as answers:
            answers.backup(copy)
        with Ledger.open(copy, read_only=True) as ledger:
            return ledger.snapshot()


def copied(database: Path, to: Path) -> Path:
    """A copy of a database that nobody uses, as its owner left it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(database, to)
    shutil.copyfile(mark_path(database), mark_path(to))
    return to


@pytest.fixture(scope="session")
def empty_database(made_once: MadeOnce) -> Path:
    """A database with nothing in it, to be copied: hundreds of tests want one, and it takes 0.4 s to make."""
    return made_once("empty_database", lambda folder: Ledger.open(folder / "vtrack.duckdb").close()) / "vtrack.duckdb"


def taken_over(finished: Vtrack, vtrack: Vtrack) -> Vtrack:
    """The second one, with a copy of the first one's database."""
    copied(finished.db, vtrack.db)
    return vtrack


@pytest.fixture
def new_vtrack(tmp_path: Path) -> Vtrack:
    """As after its installation, without a database."""
    home = tmp_path / "home"
    home.mkdir()
    return Vtrack(home)


@pytest.fixture
def vtrack(new_vtrack: Vtrack, empty_database: Path) -> Vtrack:
    """With an empty database, which takes 0.4 s to make."""
    copied(empty_database, new_vtrack.db)
    return new_vtrack


@pytest.fixture
def another_vtrack(tmp_path: Path) -> Vtrack:
    home = tmp_path / "another home"
    home.mkdir()
    return Vtrack(home)


@pytest.fixture(scope="session")
def finished(made_once: MadeOnce, two_cameras: Footage) -> Vtrack:
    """What `vtrack run --local` on the two cameras leaves behind; only to be read."""
    return Vtrack(made_once("finished", lambda home: Vtrack(home)("run", "--local", two_cameras.root)))


@pytest.fixture
def used(new_vtrack: Vtrack, finished: Vtrack) -> Vtrack:
    """A copy of it to do anything with: as good as a run of one's own, and much faster."""
    return taken_over(finished, new_vtrack)
