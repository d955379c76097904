"""Slips on the command line: each is told in a sentence that says what to do, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import copied
from vtrack_ray.cli.main import main
from vtrack_ray.ledger.answers import open_answers


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Path:
    return copied(empty_database, tmp_path / "v.duckdb")


@pytest.mark.parametrize(
    ("command", "status", "word"),
    [
        (["events", "--since", "0001-01-01"], 2, "'0001-01-01' is no instant"),
        (["history", "--until", "9999-12-31T23:59-12:00"], 2, "its year is before 1 or after 9999"),
        (["profile", "set", "", "--min-packing-s", "4"], 2, "it is empty; name a camera"),
        (["events", "--set", "QUEUE_LIMIT=0"], 2, "QUEUE_LIMIT"),
        (["token", "add", " "], 2, "it is empty: name whoever"),
        (["token", "add", "nodes"], 1, "The service makes a token of the name 'nodes'"),
    ],
)
def test_it_is_told(database: Path, command: list[str], status: int, word: str) -> None:
    said = CliRunner().invoke(main, [*command, "--db", str(database)])
    assert (said.exit_code, said.stdout) == (status, "")
    assert word in " ".join(said.stderr.split())
    with open_answers(database) as answers:
        assert (answers.tokens(), answers.profiles()) == ([], [])


def test_a_demo_where_no_folder_can_be_made_is_told() -> None:
    said = CliRunner().invoke(main, ["demo", "/proc/x"])
    assert said.exit_code == 1
    assert said.stderr.endswith("Error: /proc/x: No such file or directory\n")


def test_of_history_it_is_told_whether_there_is_none_or_none_such(database: Path) -> None:
    def said(*options: str) -> str:
        return CliRunner().invoke(main, ["history", *options, "--db", str(database)]).output

    assert said() == "Nothing has happened yet.\n"
    assert said("--kind", "trouble") == "Nothing such has happened.\n"


@pytest.mark.parametrize("folder", ["[nas]", "[/nas]", ":car:"])
def test_a_run_tells_of_its_database_by_its_name(tmp_path: Path, folder: str) -> None:
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    database = tmp_path / folder / "v.duckdb"
    said = CliRunner().invoke(main, ["run", "--local", str(tmp_path / "a.mp4"), "--db", str(database)])
    assert said.exit_code == 1, said.output
    assert "1 file: 1 failed" in said.stdout
    assert f"{folder}/v.duckdb" in "".join(said.stdout.split())
