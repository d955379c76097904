"""Footage rendered once for all tests, and the command line as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.render.truth import Truth

# A machine that does other things as well is slow: that is no fault of what is tested.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")

SMALL = Look(width_px=640, height_px=360, label_module_px=2.4)

Snapshot = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Footage:
    root: Path
    truth: Truth


def rendered(root: Path, order: Order) -> Footage:
    return Footage(root, render(order, root))


@pytest.fixture(scope="session")
def two_cameras(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """Two cameras, two files each, an event across the border, one parcel without a label, passing hands."""
    order = Order(
        seed=5,
        cameras=("cam1", "cam2"),
        packing=Packing(events=3, event_s=(6, 9), idle_s=(4, 6), unlabelled=(2,), passing_hands=1),
        look=SMALL,
        recording=Recording(videos=2, borders="event"),
    )
    return rendered(tmp_path_factory.mktemp("two_cameras"), order)


@pytest.fixture(scope="session")
def without_card(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """One camera whose table has no trigger card."""
    order = Order(
        seed=6,
        cameras=("bare",),
        packing=Packing(events=2, event_s=(7, 9), trigger_card=False),
        look=SMALL,
    )
    return rendered(tmp_path_factory.mktemp("without_card"), order)


@dataclass(frozen=True)
class Vtrack:
    """`vtrack` with a home and a database of its own."""

    home: Path

    @property
    def db(self) -> Path:
        return self.home / "vtrack.duckdb"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("VTRACK_", "RAY_"))}
        return {**inherited, "HOME": str(self.home), "VTRACK_DB": str(self.db), "PYTHONUNBUFFERED": "1"}

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "vtrack_ray", *map(str, arguments)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __call__(self, *arguments: str | Path, status: int = 0) -> str:
        """Standard output (and standard error, where the status asked for is not 0) of a finished command."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=240)
        assert process.returncode == status, f"exit status {process.returncode}\n{out}\n{err}"
        return out + err if status else out

    def both(self, *arguments: str | Path) -> tuple[str, str]:
        """Standard output and standard error of a command that ends well."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=240)
        assert process.returncode == 0, f"exit status {process.returncode}\n{out}\n{err}"
        return out, err

    def json(self, *arguments: str | Path) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = json.loads(self(*arguments, "--json"))
        return answer

    def snapshot(self) -> Snapshot:
        with Ledger.open(self.db, read_only=True) as ledger:
            return ledger.snapshot()


@pytest.fixture
def vtrack(tmp_path: Path) -> Vtrack:
    home = tmp_path / "home"
    home.mkdir()
    return Vtrack(home)


@pytest.fixture
def another_vtrack(tmp_path: Path) -> Vtrack:
    home = tmp_path / "another home"
    home.mkdir()
    return Vtrack(home)
