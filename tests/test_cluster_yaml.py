"""cluster.yaml is one that Ray's cluster launcher takes, and keeps its promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

CLUSTER = Path(__file__).parent.parent / "cluster.yaml"


@pytest.fixture
def cluster() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(CLUSTER.read_text(encoding="utf-8"))
    return config


@pytest.mark.filterwarnings("default")
def test_ray_takes_it(cluster: dict[str, Any]) -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    prepared = prepare_config(cluster)
    validate_config(prepared)
    assert prepared["max_workers"] == len(cluster["provider"]["worker_ips"])


def test_it_asks_for_all_its_workers(cluster: dict[str, Any]) -> None:
    assert cluster["min_workers"] == cluster["max_workers"] == len(cluster["provider"]["worker_ips"])


@pytest.mark.parametrize("commands", ["head_start_ray_commands", "worker_start_ray_commands"])
def test_every_machine_wants_the_secret_and_notices_a_lost_one(cluster: dict[str, Any], commands: str) -> None:
    start = cluster[commands][-1]
    assert "RAY_AUTH_MODE=token" in start
    assert "RAY_health_check_failure_threshold=3" in start
