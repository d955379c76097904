"""The files for Ray's cluster launcher are ones that it takes, and keep their promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vtrack_ray.actors.vitals import VITALS

ROOT = Path(__file__).parent.parent
OWN, CLOUD = ROOT / "cluster.yaml", ROOT / "deploy" / "cluster-aws.yaml"


def read(path: Path) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return config


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", [OWN, CLOUD], ids=lambda path: path.name)
def test_ray_takes_it(path: Path) -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    prepared = prepare_config(read(path))
    validate_config(prepared)
    assert prepared["max_workers"] == read(path)["max_workers"]


def test_it_asks_for_all_its_workers() -> None:
    cluster = read(OWN)
    assert cluster["min_workers"] == cluster["max_workers"] == len(cluster["provider"]["worker_ips"])


@pytest.mark.parametrize("path", [OWN, CLOUD], ids=lambda path: path.name)
@pytest.mark.parametrize("commands", ["head_start_ray_commands", "worker_start_ray_commands"])
def test_every_machine_wants_the_secret_and_notices_a_lost_one(path: Path, commands: str) -> None:
    start = read(path)[commands][-1]
    assert [name for name, value in VITALS.items() if f"{name}={value} " not in start] == []


@pytest.mark.parametrize("path", [OWN, CLOUD], ids=lambda path: path.name)
def test_it_installs_what_the_setup_would_ask_root_for(path: Path) -> None:
    """Each package that scripts/setup.sh names as missing, and what is needed to run it."""
    installed = " ".join(read(path)["setup_commands"])
    assert [name for name in ("make", "python3.11-venv", "ffmpeg", "libzbar0") if name not in installed] == []
