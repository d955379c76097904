"""The files for Ray's cluster launcher are ones that it takes, and keep their promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vtrack_ray.actors.cluster import OBJECT_STORE_BYTES
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
@pytest.mark.parametrize("commands", ["head_start_ray_commands", "worker_start_ray_commands"])
def test_every_machine_gives_as_much_memory_to_objects_as_one_that_vtrack_starts(path: Path, commands: str) -> None:
    assert f"--object-store-memory={OBJECT_STORE_BYTES}" in read(path)[commands][-1].split()


def test_the_head_takes_the_autoscaler_that_starts_workers_of_ones_own() -> None:
    assert "RAY_enable_autoscaler_v2=0" in read(OWN)["head_start_ray_commands"][-1].split()


@pytest.mark.parametrize("path", [OWN, CLOUD], ids=lambda path: path.name)
def test_the_command_by_which_ray_down_ends_the_head_is_found(path: Path) -> None:
    *_, last = read(path)["setup_commands"]
    assert last.endswith("/vtrack-ray/.venv/bin/ray ~/vtrack-ray/.venv/bin/vtrack /usr/local/bin/")


@pytest.mark.parametrize("path", [OWN, CLOUD], ids=lambda path: path.name)
def test_it_installs_what_the_setup_would_ask_root_for(path: Path) -> None:
    """Each package that scripts/setup.sh names as missing, and what is needed to run it."""
    installed = " ".join(read(path)["setup_commands"])
    assert [name for name in ("make", "python3.11-venv", "ffmpeg", "libzbar0") if name not in installed] == []
