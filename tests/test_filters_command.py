"""`vtrack filters`: what a person chooses is kept, and what can't be is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.conftest import copied
from tests.ledger.examples import probed
from vtrack_ray.cli.main import main
from vtrack_ray.ledger.ledger import Ledger


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Path:
    return copied(empty_database, tmp_path / "v.duckdb")


def filters(database: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["filters", *arguments, "--db", str(database)])


def shown(database: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(filters(database, "show").stdout)
    return said


def test_what_is_set_is_kept_and_the_rest_stays(database: Path) -> None:
    assert filters(database, "set", "--working-days", "mon,Tuesday, thurs", "--days", "30").exit_code == 0
    said = filters(database, "set", "--working-hours", "22:00-06:00")
    assert json.loads(said.stdout) == shown(database)
    assert shown(database) == {
        "cameras": [],
        "days": 30,
        "working_days": ["mon", "tue", "thu"],
        "from_time": "22:00:00",
        "to_time": "06:00:00",
    }
    assert filters(database, "set", "--working-days", "any", "--days", "0").exit_code == 0
    assert (shown(database)["working_days"], shown(database)["days"]) == ([], None)


def test_a_camera_without_videos_may_be_chosen_and_is_told(database: Path) -> None:
    with Ledger.open(database) as ledger:
        probed(ledger, "a.mp4", camera_name="cam1")
    assert filters(database, "set", "--cameras", "cam1").stderr == ""
    said = filters(database, "set", "--cameras", "cam1, camm2")
    assert said.stderr == "No video of camera 'camm2' is known yet; there are videos of: cam1.\n"
    assert shown(database)["cameras"] == ["cam1", "camm2"]
    assert filters(database, "set", "--cameras", "any").stderr == ""
    assert shown(database)["cameras"] == []


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--working-days", "monkeys", "some of mon, tue"),
        ("--working-days", "mon,tu", "some of mon, tue"),
        ("--working-days", ",", "some of mon, tue"),
        ("--cameras", ",", "some of your cameras"),
        ("--working-hours", "8-18", "no span of time"),
        ("--working-hours", "08:00-18:00+07:00", "has an offset"),
        ("--working-hours", "08:00Z-18:00Z", "has an offset"),
    ],
)
def test_what_is_no_choice_is_refused(database: Path, option: str, value: str, word: str) -> None:
    before = shown(database)
    said = filters(database, "set", option, value)
    assert said.exit_code == 2
    assert word in " ".join(said.stderr.split())
    assert shown(database) == before
