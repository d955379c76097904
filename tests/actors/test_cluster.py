"""A Ray that is not ready in time: its own processes are real, only its patience is cut short, once."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Vtrack

PATIENCE_S = 120.0

IMPATIENT = """
import importlib.abc
import importlib.util
import sys
import time
import types
from pathlib import Path

MODULE = "ray._private.services"
ONCE = Path(__file__).with_name("once")


def impatient(get_node):
    def asked(*arguments):
        import ray._private.node

        try:
            ONCE.touch(exist_ok=False)
        except FileExistsError:
            return get_node(*arguments)
        late = {**vars(time), "monotonic": lambda: time.monotonic() + 60}
        ray._private.node.time = types.SimpleNamespace(**late)
        raise RuntimeError("the node is not there yet")

    return asked


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            module.get_node = impatient(module.get_node)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder())
"""
"""A `sitecustomize` that has Ray's start wait for half a minute in no time."""


@dataclass(frozen=True)
class ImpatientVtrack(Vtrack):
    @property
    def environment(self) -> dict[str, str]:
        folder = self.home / "impatient"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(IMPATIENT, encoding="utf-8")
        before = os.environ.get("PYTHONPATH")
        return {**super().environment, "PYTHONPATH": os.pathsep.join([str(folder), *([before] if before else [])])}


@pytest.mark.timeout(300)
def test_a_ray_that_is_not_ready_in_time_is_told_in_a_sentence_and_started_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with ImpatientVtrack(home).start("up", "--no-dashboard", "--no-http") as up:
        try:
            assert up.stdout
            said = []
            while not said or "the service has started" not in said[-1]:
                said.append(up.stdout.readline())
                assert said[-1], up.communicate()
            up.send_signal(signal.SIGTERM)
            out, err = up.communicate(timeout=PATIENCE_S)
        finally:
            up.kill()
    assert up.returncode == 0, out + err
    [restart] = [line for line in said if " restart " in line]
    assert "Ray was not ready in time at 'local': The current node timed out during startup." in restart
    assert restart.rstrip().endswith(". All of it is started again in 1 s")
    assert "Traceback" not in err
