"""The machine: Python, programs, disk, shared memory and memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil

from vtrack_ray.checks.finding import Finding, Verdict

_GIB = 2**30
_PYTHON = (3, 11)
_DISK_FAULT_BYTES, _DISK_WARN_BYTES = _GIB // 2, 5 * _GIB
# A local Ray takes 0.5 GB, its object store 0.2 GB, a sampling worker with MediaPipe 0.3 GB.
_MEMORY_FAULT_BYTES, _MEMORY_WARN_BYTES = _GIB, 2 * _GIB
_SHARED_WARN_BYTES = _GIB // 4
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108


def python() -> Finding:
    """Whether this is the Python that the locked packages are for."""
    found = f"Python {sys.version.split()[0]} in {sys.prefix}"
    if sys.version_info[:2] == _PYTHON:
        return Finding(name="Python", verdict=Verdict.OK, found=found)
    advice = f"set up with Python {_PYTHON[0]}.{_PYTHON[1]}: make setup"
    return Finding(name="Python", verdict=Verdict.FAULT, found=found, advice=advice)


def program(name: str) -> Finding:
    """Whether a program of FFmpeg's is there and starts."""
    advice = "install Debian's package: apt-get install ffmpeg"
    path = shutil.which(name)
    if path is None:
        return Finding(name=name, verdict=Verdict.FAULT, found="not on the PATH", advice=advice)
    try:
        child = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(name=name, verdict=Verdict.FAULT, found=f"{path} does not start: {error}", advice=advice)
    first_line = child.stdout.partition("\n")[0]
    return Finding(name=name, verdict=Verdict.OK, found=f"{path}: {first_line.partition(' Copyright')[0]}")


def database(path: Path) -> Finding:
    """Where the database is, or will be; whether it can be used, the commands that use it say themselves."""
    size = f"{path.stat().st_size / 2**20:.1f} MiB" if path.is_file() else "not there yet: vtrack run makes it"
    return Finding(name="database", verdict=Verdict.OK, found=f"{path}, {size}")


def disk(name: str, folder: Path) -> Finding:
    """Whether `folder`, or the nearest one above it that exists, can be written and has room."""
    there = next(f for f in (folder, *folder.parents) if f.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        found = f"{there} can't be written by this user" if there.is_dir() else f"{there} is no folder"
        return Finding(name=name, verdict=Verdict.FAULT, found=found, advice="choose a folder that can be written")
    free = shutil.disk_usage(there).free
    found = f"{free / _GIB:.1f} GiB free at {there}"
    return _judged(name, found, free, _DISK_FAULT_BYTES, _DISK_WARN_BYTES, "make room there, or choose another disk")


def shared_memory(folder: Path = SHARED_MEMORY) -> Finding:
    """Whether Ray's object store fits into shared memory; it falls back to the slower disk."""
    advice = "give a container more shared memory, such as docker run --shm-size=1g; without it Ray uses the disk"
    if not folder.is_dir():
        return Finding(name=str(folder), verdict=Verdict.WARN, found="does not exist", advice=advice)
    free = shutil.disk_usage(folder).free
    return _judged(str(folder), f"{free / _GIB:.1f} GiB free", free, 0, _SHARED_WARN_BYTES, advice)


def memory() -> Finding:
    """Whether Ray and one sampling task have room."""
    now = psutil.virtual_memory()
    found = f"{now.available / _GIB:.1f} of {now.total / _GIB:.1f} GiB available"
    advice = "end other programs, or work without Ray: vtrack run --local"
    return _judged("memory", found, now.available, _MEMORY_FAULT_BYTES, _MEMORY_WARN_BYTES, advice)


def _judged(name: str, found: str, value: int, fault_below: int, warn_below: int, advice: str) -> Finding:
    if value >= warn_below:
        return Finding(name=name, verdict=Verdict.OK, found=found)
    verdict = Verdict.FAULT if value < fault_below else Verdict.WARN
    return Finding(name=name, verdict=verdict, found=found, advice=advice)
