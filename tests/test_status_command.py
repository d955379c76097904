"""`vtrack status`: what is left, at a glance, however many cameras there are."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from tests.conftest import copied
from tests.ledger.examples import probed
from vtrack_ray.cli.main import main
from vtrack_ray.ledger.ledger import Ledger


def status(database: Path, *options: str) -> str:
    said = CliRunner().invoke(main, ["status", "--db", str(database), *options])
    assert said.exit_code == 0, said.output
    return said.output


def test_of_many_cameras_those_with_most_left_are_shown(empty_database: Path, tmp_path: Path) -> None:
    database = copied(empty_database, tmp_path / "v.duckdb")
    assert "left      nothing, as no video is known yet" in status(database)
    with Ledger.open(database) as ledger:
        for number in range(1, 26):
            probed(ledger, *(f"{video}.mp4" for video in range(number)), camera_name=f"cam{number:02}")
    said = status(database)
    assert "left      325 videos, 5.4 h of footage, until when is not known" in said
    assert [line.split()[0] for line in said.splitlines() if line.startswith("cam")] == [
        "camera_name",
        *(f"cam{number:02}" for number in range(25, 5, -1)),
    ]
    assert said.endswith("and 5 cameras more: --json and --csv tell of all\n")
    assert len(json.loads(status(database, "--json"))) == 25
    assert len(status(database, "--csv").splitlines()) == 26
