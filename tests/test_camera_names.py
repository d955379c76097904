"""Camera names on the command line, which may hold any bytes there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import copied
from tests.ledger.examples import probed
from vtrack_ray.cli.main import main
from vtrack_ray.cli.records import json_text
from vtrack_ray.ledger.ledger import Ledger


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--local", "--camera", "b\udce0n 1", "."],
        ["program", "custom", "--camera", "b\udce0n 1", "."],
        ["events", "--camera", "b\udce0n 1"],
        ["videos", "--camera", "b\udce0n 1"],
        ["history", "--camera", "b\udce0n 1"],
        ["filters", "set", "--cameras", "cam1,b\udce0n 1"],
        ["profile", "show", "b\udce0n 1"],
        ["profile", "set", "b\udce0n 1", "--min-packing-s", "4"],
    ],
)
def test_bytes_that_are_no_text_are_refused_with_a_sentence(command: list[str], tmp_path: Path) -> None:
    database = tmp_path / "v.duckdb"
    said = CliRunner().invoke(main, [*command, "--db", str(database)])
    assert said.exit_code == 2, said.output
    assert "b\\udce0n 1' is no UTF-8; name" in said.output
    assert not database.exists()


@pytest.mark.parametrize(
    "name", ["cam\u00a01", "\x1b[31mcam", "cam\x7f", "cam\n1", "cam\U000e0001", "b\udce0n 1", '"\\']
)
def test_a_name_that_no_terminal_should_be_given_is_whole_in_json(name: str) -> None:
    said = json_text({name: [name]})
    assert json.loads(said) == {name: [name]}
    assert all(c.isprintable() for c in said.replace("\n", ""))


def test_names_in_any_script_are_readable_in_json() -> None:
    assert json_text({"camera": "máy Đóng gói 2"}, indent=None) == '{"camera": "máy Đóng gói 2"}'


def test_commands_give_such_a_name_in_json(empty_database: Path, tmp_path: Path) -> None:
    database, name = copied(empty_database, tmp_path / "v.duckdb"), "bàn\u00a01"
    with Ledger.open(database) as ledger:
        probed(ledger, "a.mp4", camera_name=name)

    def told(*command: str) -> str:
        said = CliRunner().invoke(main, [*command, "--db", str(database)])
        assert said.exit_code == 0, said.output
        assert "bàn\\u00a01" in said.stdout
        return said.stdout

    assert json.loads(told("videos", "--json"))[0]["camera_name"] == name
    assert json.loads(told("filters", "set", "--cameras", name))["cameras"] == [name]
    assert json.loads(told("filters", "show"))["cameras"] == [name]
    CliRunner().invoke(main, ["profile", "set", name, "--min-packing-s", "4", "--db", str(database)])
    assert json.loads(told("profile", "show", name))["camera_name"] == name
