"""Libraries: each is used in a child process, as the work itself would use it."""

from __future__ import annotations

import signal
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from vtrack_ray.checks.finding import Finding, Verdict

_REINSTALL = "install the locked packages again: make setup"
_TIMEOUT_S = 120.0

_PROBED = {
    "zxing-cpp": ("zxing", _REINSTALL),
    "zbar": ("zbar", "install the shared library: apt-get install libzbar0"),
    "OpenCV": ("opencv", f"remove the other OpenCV packages, then {_REINSTALL}"),
    "PyAV": ("pyav", _REINSTALL),
    "MediaPipe": ("hands", f"{_REINSTALL}; MediaPipe also needs a processor with AVX"),
    "DuckDB": ("duckdb", f"see to it that the temporary folder can be written, or {_REINSTALL}"),
}
PROBED = tuple(_PROBED)


def probed(name: str) -> Finding:
    """What the probe of one of PROBED came to."""
    probe, advice = _PROBED[name]
    return _from_child(name, ["vtrack_ray.checks.probes", probe], advice)


def ray_installed() -> Finding:
    """Whether Ray can be found; it is not imported."""
    try:
        found = version("ray")
    except PackageNotFoundError:
        found = None
    if found is None or find_spec("ray") is None:
        return Finding(name="Ray", verdict=Verdict.FAULT, found="not installed", advice=_REINSTALL)
    return Finding(name="Ray", verdict=Verdict.OK, found=f"Ray {found} is installed")


def ray_starts() -> Finding:
    """Whether Ray starts on this machine and runs a task."""
    advice = "see to the findings on memory, /dev/shm and disk; Ray's logs are under /tmp/ray"
    return _from_child("Ray start", ["vtrack_ray.actors.selfcheck"], advice)


def _from_child(name: str, module_and_arguments: list[str], advice: str) -> Finding:
    try:
        child = subprocess.run(
            [sys.executable, "-m", *module_and_arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(name=name, verdict=Verdict.FAULT, found=f"no answer in {_TIMEOUT_S:.0f} s", advice=advice)
    said = child.stdout.strip().splitlines()
    if child.returncode == 0 and said:
        return Finding(name=name, verdict=Verdict.OK, found=said[-1])
    if child.returncode < 0:
        found = f"crashed with {signal.Signals(-child.returncode).name}"
    else:
        # The last line of a traceback is the error itself.
        found = next(reversed(child.stderr.strip().splitlines()), "ended without a word")
    return Finding(name=name, verdict=Verdict.FAULT, found=found, advice=advice)
