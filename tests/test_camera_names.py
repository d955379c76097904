"""Camera names on the command line, which may hold any bytes there."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from vtrack_ray.cli.main import main


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
