"""The frame: who may import whom, what is locked, and where the version is."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import vtrack_ray

ROOT = Path(__file__).parent.parent


def test_knowledge_goes_one_way_and_ray_is_imported_in_actors_alone() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    child = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stdout + child.stderr
    assert "Contracts: 2 kept, 0 broken" in child.stdout


def test_a_command_does_not_wait_for_what_only_others_need() -> None:
    code = """
import sys
from vtrack_ray.cli.main import main
main(["status", "--help"], standalone_mode=False)
print(sorted({"av", "cv2", "mediapipe", "numpy", "ray"} & set(sys.modules)))
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "what the service does and what is left" in child.stdout
    assert child.stdout.splitlines()[-1] == "[]"


def test_every_locked_package_has_a_version_and_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    requirements = re.split(r"(?m)^(?=[^\s#])", lock)[1:]
    assert len(requirements) > 100
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+ ", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_lock_names_no_place_on_the_network_or_on_a_machine() -> None:
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        assert "://" not in line
        assert " /" not in line
        assert "index-url" not in line


def test_everything_asked_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = re.findall(r"(?m)^([a-z0-9-]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[^A-Za-z0-9-]", requirement, maxsplit=1)[0].lower() for requirement in asked}
    assert names <= set(locked)


def test_version_is_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project
    assert "version" in project["dynamic"]
    assert version("vtrack-ray") == vtrack_ray.__version__
    sources = [path for path in (ROOT / "vtrack_ray").rglob("*.py") if "__version__ =" in path.read_text("utf-8")]
    assert sources == [ROOT / "vtrack_ray" / "__init__.py"]
