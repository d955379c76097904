"""`vtrack` whose processes, and theirs, have one module changed: a `sitecustomize` on PYTHONPATH does it as it is
imported, and the product has no code for any of it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tests.conftest import Vtrack

_FINDER = """
import importlib.abc
import importlib.util
import sys


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != {module!r}:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            change(module)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder())
"""


@dataclass(frozen=True)
class ChangedVtrack(Vtrack):
    """`change` is Python source that defines `change(module)`, which is given `module` as soon as it is imported."""

    module: str
    change: str

    @property
    def environment(self) -> dict[str, str]:
        folder = self.home / "changed"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(self.change + _FINDER.format(module=self.module), encoding="utf-8")
        before = os.environ.get("PYTHONPATH")
        return {**super().environment, "PYTHONPATH": os.pathsep.join([str(folder), *([before] if before else [])])}
