"""The documentation against the program: nothing public undocumented, every example runs."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.conftest import Footage, Vtrack
from vtrack_ray.api.page import page as page_of_calls
from vtrack_ray.cli.main import main
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.event import EventStatus
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.profile import SYMBOLOGIES, Profile
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.sources.walk import EXTENSIONS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
OPERATION = ROOT / "docs" / "operation.md"
SERVICE = ROOT / "docs" / "service.md"
FOOTAGE = ROOT / "docs" / "footage.md"
DRIVE = ROOT / "docs" / "drive.md"
CONCEPTS = ROOT / "docs" / "concepts.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for own_name in group.list_commands(context):
        command = group.get_command(context, own_name)
        assert command, f"{name} lists {own_name}, but has none"
        yield f"{name} {own_name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {own_name}")


ALL_COMMANDS = dict(commands(main, "vtrack"))


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    command = ALL_COMMANDS[name]
    top, *below = name.split()[1:]
    own_page = {"footage": FOOTAGE, "drive": DRIVE}.get(top, SERVICE)
    text = OPERATION.read_text("utf-8") + own_page.read_text("utf-8")
    assert re.search(rf"`vtrack {top}\b[^`]*\b{below[0] if below else ''}", text), f"{name} is not in docs/operation.md"
    assert command.help, f"{name} has no help"
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts[0]} has no help"
            for spelling in (*option.opts, *option.secondary_opts):
                assert f"`{spelling}" in text, f"{name} {spelling} is not in docs/operation.md"


def test_every_table_is_documented_and_every_column_has_a_comment(tmp_path: Path) -> None:
    import duckdb

    Ledger.open(tmp_path / "t.duckdb").close()
    with duckdb.connect(tmp_path / "t.duckdb") as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        bare = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
        ).fetchall()
    assert bare == []
    text = OPERATION.read_text("utf-8")
    assert [table for table in sorted(tables) if f"| `{table}` |" not in text] == []


def test_every_field_status_symbology_and_extension_is_documented() -> None:
    operation, concepts = OPERATION.read_text("utf-8"), CONCEPTS.read_text("utf-8")
    fields = [name for name in Profile.model_fields if name != "camera_name"]
    assert [name for name in fields if f"| `{name}` |" not in operation] == []
    service = SERVICE.read_text("utf-8")
    assert [kind for kind in OccurrenceKind if f"| `{kind}` |" not in service] == []
    assert [s for s in (*EventStatus, *VideoStatus) if f"| `{s}` |" not in concepts] == []
    assert [name for name in SYMBOLOGIES if f"`{name}`" not in operation] == []
    assert [extension for extension in EXTENSIONS if f"{extension}" not in operation] == []


def test_the_page_of_http_calls_is_that_of_the_specification() -> None:
    assert (ROOT / "docs" / "api.md").read_text("utf-8") == page_of_calls(), "run `make api-page`"


def test_the_commands_that_take_no_settings_are_named() -> None:
    [listed] = re.findall(r"All but ([^()]*?) take `--db FILE`", " ".join(OPERATION.read_text("utf-8").split()))
    groups = {name for name, command in ALL_COMMANDS.items() if isinstance(command, click.Group)}
    without = {
        name.removeprefix("vtrack ")
        for name, command in ALL_COMMANDS.items()
        if name not in groups and "--set" not in {spelling for one in command.params for spelling in one.opts}
    }
    assert set(re.findall(r"`([^`]+)`", listed)) == without


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"^make (\w+)|`make (\w+)`", page.read_text("utf-8"), re.MULTILINE))
        assert {a or b for a, b in named} <= targets


def test_every_example_of_the_command_line_runs(
    vtrack: Vtrack, two_cameras: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = 0
    for page in PAGES:
        for line in "\n".join(blocks(page, "sh")).splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] in (".venv/bin/vtrack", "vtrack"):
                vtrack(*(str(two_cameras.root) if word == "/path/to/recordings" else word for word in words[1:]))
                ran += 1
    assert ran >= 4


def test_every_toml_example_is_taken(vtrack: Vtrack, tmp_path: Path) -> None:
    for number, text in enumerate(blocks(OPERATION, "toml")):
        assert tomllib.loads(text)
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        vtrack("profile", "import", file)
    assert [profile["camera_name"] for profile in vtrack.json("profile", "list")] == ["table-1"]
