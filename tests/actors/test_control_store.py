"""What Ray knows of its cluster is kept where it is told to, for as long as it may be needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import ray

from vtrack_ray.actors.cluster import joined_ray
from vtrack_ray.actors.control_store import kept_control_store
from vtrack_ray.errors import ClusterError


@pytest.mark.usefixtures("rays_home")
def test_ray_keeps_it_there_until_it_ends_in_good_order(tmp_path: Path) -> None:
    folder = tmp_path / "v.duckdb.cluster"
    with kept_control_store(folder), joined_ray("local", has_metrics=False) as logs:
        assert logs is not None
        assert (folder / "session_name").read_text() == logs.name
        assert folder.stat().st_mode & 0o077 == 0
        assert ray.is_initialized()
    assert not folder.exists()
    assert not [name for name in os.environ if name.startswith("RAY_gcs_storage")]


def test_it_is_removed_where_ray_can_not_be_started(tmp_path: Path) -> None:
    folder = tmp_path / "v.duckdb.cluster"
    with pytest.raises(ClusterError), kept_control_store(folder), joined_ray("127.0.0.1:1"):
        pass
    assert not folder.exists()
