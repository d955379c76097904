"""Commands of `vtrack`, each a process that begins with everything imported: the suite starts hundreds of them, and
importing is most of what a short one does."""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import vtrack_ray.cli

_LIMIT_S = 240

_context = multiprocessing.get_context("forkserver")
_commands = [one.name for one in pkgutil.iter_modules(vtrack_ray.cli.__path__, "vtrack_ray.cli.")]
_context.set_forkserver_preload([*_commands, "vtrack_ray.pipeline.local"])


class Ended(NamedTuple):
    status: int
    out: str
    err: str


def ended(arguments: Sequence[str], environment: Mapping[str, str]) -> Ended:
    """Runs `vtrack` with these arguments, in this environment and without input. Raises TimeoutError."""
    with tempfile.TemporaryDirectory(prefix="vtrack-said-") as folder:
        process = _context.Process(target=_vtrack, args=(list(arguments), dict(environment), folder), name="vtrack")
        process.start()
        process.join(_LIMIT_S)
        if process.exitcode is None:
            process.kill()
            process.join()
        out, err = (Path(folder, name).read_text("utf-8", "surrogateescape") for name in ("out", "err"))
        if process.exitcode is None:
            raise TimeoutError(f"vtrack {' '.join(arguments)} has not come to an end\n{out}\n{err}")
        return Ended(process.exitcode, out, err)


def _vtrack(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """What `python -m vtrack_ray` does, in this process."""
    os.environ.clear()
    os.environ.update(environment)
    os.setsid()
    sys.stdout.flush()
    for name, number in (("out", sys.stdout.fileno()), ("err", sys.stderr.fileno())):
        with Path(folder, name).open("wb") as said:
            os.dup2(said.fileno(), number)
    from vtrack_ray.cli.main import main

    main(arguments, prog_name="vtrack")
