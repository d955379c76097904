"""What is in deploy/ agrees with the program: the metrics it has, its settings, the packages it needs."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from ray.util.metrics import Counter, Metric

from vtrack_ray.actors.metrics import Metrics
from vtrack_ray.cli.main import main
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.settings import Settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "vtrack.service"
UNITS = (UNIT, DEPLOY / "vtrack-node.service")
_ENDING_S = 60
"""What `vtrack down` allows for beyond STOP_SECONDS."""


def made() -> dict[str, set[str]]:
    """The metrics as Prometheus sees them, each with its labels."""
    metrics = [metric for metric in vars(Metrics()).values() if isinstance(metric, Metric)]
    return {
        f"ray_{metric.info['name']}{'_total' if isinstance(metric, Counter) else ''}": set(metric.info["tag_keys"])
        for metric in metrics
    }


@pytest.fixture(scope="module")
def board() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    return read


def queries(board: dict[str, Any]) -> list[str]:
    own = [variable["definition"] for variable in board["templating"]["list"] if variable["type"] == "query"]
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]] + own


def test_the_board_shows_all_metrics_and_no_others(board: dict[str, Any]) -> None:
    shown = {name for query in queries(board) for name in re.findall(r"\bray_\w+", query)}
    assert shown == set(made())


def test_its_queries_use_labels_that_their_metrics_have(board: dict[str, Any]) -> None:
    metrics = made()
    for query in queries(board):
        used = {*re.findall(r"(\w+)=~?\"", query)}
        for group in re.findall(r"by \(([^)]*)\)", query):
            used.update(group.split(", "))
        for name in re.findall(r"\bray_\w+", query):
            assert used <= metrics[name], query
        for kinds in re.findall(r'kind=~"([^"]*)"', query):
            assert set(kinds.split("|")) <= set(OccurrenceKind), query
        assert all(query.count(opening) == query.count(closing) for opening, closing in ("()", "{}", "[]")), query


def test_a_counter_is_shown_by_its_growth_alone(board: dict[str, Any]) -> None:
    for query in queries(board):
        for before in re.findall(r"(\w*)\(?ray_\w+_total", query):
            assert before in ("rate", "increase"), query


def test_no_two_panels_have_the_same_id_or_place(board: dict[str, Any]) -> None:
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert all(x < 24 for x, _ in cells)


@pytest.fixture(scope="module", params=UNITS, ids=lambda path: path.name)
def unit(request: pytest.FixtureRequest) -> configparser.ConfigParser:
    # systemd knows several values of one name; here the last one counts.
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(request.param.read_text("utf-8"))
    return parser


def test_the_unit_runs_a_command_that_there_is(unit: configparser.ConfigParser) -> None:
    program, *words = unit["Service"]["ExecStart"].split()
    assert program.endswith("/.venv/bin/vtrack")
    command = main.get_command(click.Context(main), words[0])
    assert command
    if isinstance(command, click.Group):
        command, words = command.get_command(click.Context(command), words[1]), words[1:]
        assert command
    assert command.make_context(words[0], words[1:], resilient_parsing=True)


def test_the_unit_lets_it_end_in_good_order(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    assert (service["KillSignal"], service["KillMode"]) == ("SIGTERM", "mixed")
    assert float(service["TimeoutStopSec"]) > Settings().STOP_SECONDS + _ENDING_S
    assert service["Restart"] == "on-failure", "`vtrack down` would be undone"
    said = CliRunner().invoke(main, ["up", "--set", "QUEUE_LIMIT=0"])
    assert str(said.exit_code) == service["RestartPreventExitStatus"], "a wrong setting is as wrong the next time"


def test_the_unit_has_a_place_for_all_that_it_writes() -> None:
    text = UNIT.read_text("utf-8")
    places = {
        "RuntimeDirectory": ("/run", "XDG_RUNTIME_DIR"),
        "CacheDirectory": ("/var/cache", "RAY_TMPDIR"),
        "StateDirectory": ("/var/lib", "HOME"),
    }
    for directive, (parent, variable) in places.items():
        [name] = re.findall(rf"^{directive}=(.+)$", text, re.MULTILINE)
        assert re.search(rf"^Environment=(.* )?{variable}={parent}/{name}( |$)", text, re.MULTILINE), variable
    database = re.search(r"VTRACK_DB=(\S+)", text)
    assert database
    assert Path(database[1]).is_relative_to("/var/lib/vtrack")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit(path: Path, tmp_path: Path) -> None:
    # Only its program is not where it says, on this machine.
    text = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={shutil.which('true')}", path.read_text("utf-8"))
    (tmp_path / path.name).write_text(text, "utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / path.name)], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, path.name in verified.stderr) == (0, False), verified.stderr


def test_the_container_has_the_packages_that_setup_installs() -> None:
    setup = (ROOT / "scripts" / "setup.sh").read_text("utf-8")
    [body] = re.findall(r"^missing_debian_packages\(\) \{\n(.*?)^\}", setup, re.MULTILINE | re.DOTALL)
    [version] = re.findall(r"^readonly PYTHON_VERSION=(.+)$", setup, re.MULTILINE)
    named = re.findall(r'echo "?([^"\s]+)"?$', body, re.MULTILINE)
    needed = {name.replace("$PYTHON_VERSION", version) for name in named}
    assert needed >= {"ffmpeg", "libzbar0"}
    container = (DEPLOY / "Containerfile").read_text("utf-8")
    [installs] = re.findall(r"apt-get install(.*?)&& rm", container, re.DOTALL)
    assert needed <= set(re.findall(r"^\s+([a-z0-9.+-]+) \\$", installs, re.MULTILINE))


def test_an_environment_that_was_moved_is_made_anew(tmp_path: Path) -> None:
    setup = (ROOT / "scripts" / "setup.sh").read_text("utf-8")
    [asked] = re.findall(r"^is_made_here\(\) \{\n.*?^\}", setup, re.MULTILINE | re.DOTALL)
    made, moved, link = tmp_path / "a project" / ".venv", tmp_path / "moved" / ".venv", tmp_path / "link"
    venv.create(made)
    (made / "bin" / "uv").symlink_to("python")
    link.symlink_to(made)
    own = Path(sys.executable).resolve()

    def is_made_here(folder: Path, interpreter: Path = own) -> bool:
        script = f"set -Eeuo pipefail; VENV=$1 python=$2\n{asked}\nif is_made_here; then echo yes; else echo no; fi"
        command = ["bash", "-c", script, "-", str(folder), str(interpreter)]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        assert said.stderr == ""
        return said.stdout == "yes\n"

    assert (is_made_here(made), is_made_here(link), is_made_here(tmp_path)) == (True, True, False)
    assert not is_made_here(made, Path("/bin/true")), "with another interpreter"
    made.parent.rename(moved.parent)
    assert not is_made_here(moved)


@pytest.mark.parametrize(
    ("those_that_make_environments", "taken"),
    [("debian own", "debian"), ("own", "own"), ("", "debian")],
    ids=["both can make environments", "debian's can't yet", "none can"],
)
def test_setup_takes_the_interpreter_of_debian_if_it_can(
    tmp_path: Path, those_that_make_environments: str, taken: str
) -> None:
    setup = (ROOT / "scripts" / "setup.sh").read_text("utf-8")
    [asked] = re.findall(r"^find_python\(\) \{\n.*?^\}", setup, re.MULTILINE | re.DOTALL)
    for name in ("debian", "own"):
        status = 0 if name in those_that_make_environments.split() else 1
        python = tmp_path / name / "python3.11"
        python.parent.mkdir()
        python.write_text(
            f"#!/bin/bash\n[[ $2 != *ensurepip* ]] || exit {status}\n[[ $2 != *print* ]] || echo {name}\n"
        )
        python.chmod(0o755)
    script = f"set -Eeuo pipefail; PATH={tmp_path / 'own'}; readonly PYTHON_VERSION=3.11\n{asked}\nfind_python"
    script = script.replace("/usr/bin/", f"{tmp_path / 'debian'}/")
    said = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=True)
    assert (said.stdout, said.stderr) == (f"{taken}\n", "")


def test_setup_reads_what_it_looks_through_to_its_end() -> None:
    setup = (ROOT / "scripts" / "setup.sh").read_text("utf-8")
    assert "pipefail" in setup
    assert re.findall(r"\| *grep -\w*q", setup) == [], "what writes into the pipe would fail when grep leaves it"


def test_the_container_is_run_so_that_its_port_is_reached_from_this_machine_alone() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    port = Settings().HTTP_PORT
    assert f"-e VTRACK_HTTP_HOST=0.0.0.0 -p 127.0.0.1:{port}:{port} " in text


def test_the_container_copies_what_is_there_and_runs_the_service_as_nobody_special() -> None:
    lines = (DEPLOY / "Containerfile").read_text("utf-8").splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert {"requirements.lock", "pyproject.toml", "scripts", "vtrack_ray"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert lines.index("USER vtrack") < lines.index('CMD ["vtrack", "up"]')
