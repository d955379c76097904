"""`vtrack doctor`: every check on this machine, and what it says where something is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vtrack_ray.checks import libraries, machine, ports
from vtrack_ray.checks.finding import Verdict
from vtrack_ray.cli.doctor import doctor

NAMES = [
    "Python",
    "ffmpeg",
    "zxing-cpp",
    "zbar",
    "OpenCV",
    "PyAV",
    "MediaPipe",
    "DuckDB",
    "Ray",
    "database",
    "database's disk",
    "temporary disk",
    "/dev/shm",  # noqa: S108
    "memory",
    "open ports",
]


def diagnosed(*arguments: str) -> Result:
    return CliRunner().invoke(doctor, arguments, catch_exceptions=False)


def test_this_machine_has_all_that_is_needed(tmp_path: Path) -> None:
    result = diagnosed("--json", "--db", str(tmp_path / "none" / "a.duckdb"))
    findings = json.loads(result.stdout)
    assert [finding["name"] for finding in findings] == NAMES
    assert [finding for finding in findings if finding["verdict"] == "fault"] == []
    assert result.exit_code == 0
    found = {finding["name"]: finding["found"] for finding in findings}
    assert found["database"] == f"{tmp_path / 'none' / 'a.duckdb'}, not there yet: vtrack run makes it"
    assert str(tmp_path) in found["database's disk"]


def test_a_fault_is_told_with_what_to_do_and_exit_status_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    result = diagnosed()
    assert result.exit_code == 1
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "ffmpeg fault not on the PATH install Debian's package: apt-get install ffmpeg" in lines
    assert all(any(line.startswith(name) for line in lines) for name in NAMES)


def test_the_check_itself_does_not_import_ray() -> None:
    code = "import sys, vtrack_ray.checks.checkup, vtrack_ray.cli.doctor; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def overshadowed(monkeypatch: pytest.MonkeyPatch, folder: Path, module: str, source: str) -> None:
    """Puts a module of one's own before the installed one, for child processes."""
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))


def test_a_library_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    overshadowed(monkeypatch, tmp_path, "zxingcpp", "raise ImportError('libmissing.so.1: cannot open')")
    finding = libraries.probed("zxing-cpp")
    assert (finding.verdict, finding.found) == (Verdict.FAULT, "ImportError: libmissing.so.1: cannot open")
    assert finding.advice == "install the locked packages again: make setup"


def test_a_library_that_crashes_takes_nothing_else_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    overshadowed(monkeypatch, tmp_path, "mediapipe", "import os, signal\nos.kill(os.getpid(), signal.SIGILL)")
    finding = libraries.probed("MediaPipe")
    assert (finding.verdict, finding.found) == (Verdict.FAULT, "crashed with SIGILL")
    assert finding.advice is not None
    assert "AVX" in finding.advice


def test_an_overwritten_opencv_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "opencv_contrib_python-4.12.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-contrib-python\nVersion: 4.12.0\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    finding = libraries.probed("OpenCV")
    assert finding.verdict is Verdict.FAULT
    assert "opencv-contrib-python, opencv-python-headless" in finding.found


def test_a_program_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    finding = machine.program("ffmpeg")
    assert finding.verdict is Verdict.FAULT
    assert "does not start" in finding.found


def test_a_folder_for_the_database_that_is_a_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    finding = machine.disk("database's disk", file / "folder")
    assert (finding.verdict, finding.found) == (Verdict.FAULT, f"{file} is no folder")


def test_a_database_that_is_there_is_told_with_its_size(tmp_path: Path) -> None:
    (tmp_path / "a.duckdb").write_bytes(bytes(2**20))
    assert machine.database(tmp_path / "a.duckdb").found == f"{tmp_path / 'a.duckdb'}, 1.0 MiB"


def test_missing_shared_memory_is_a_warning(tmp_path: Path) -> None:
    assert machine.shared_memory(tmp_path / "none").verdict is Verdict.WARN


LISTEN = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.socket(family) as listening:
    if family is socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listening.bind((sys.argv[1], 0))
    listening.listen()
    print(listening.getsockname()[1], flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("host", "verdict"),
    [("127.0.0.1", Verdict.OK), ("::ffff:127.0.0.1", Verdict.OK), ("0.0.0.0", Verdict.WARN)],  # noqa: S104
)
def test_ports_of_a_service_that_others_can_reach_are_a_warning(host: str, verdict: Verdict) -> None:
    # By a shell, as the ports of all that a service has started count.
    command = ["sh", "-c", '"$0" "$@"; :', sys.executable, "-c", LISTEN, host]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(process.stdout.readline())
        finding = ports.open_ports(process.pid, http_port=1)
        own = ports.open_ports(process.pid, http_port=port)
        process.stdin.close()
    assert (finding.verdict, own.verdict) == (verdict, Verdict.OK)
    if finding.advice:
        assert f"{port} (python" in finding.found
        low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
        assert low <= port <= high
        assert f"tcp dport {{ {low}-{high} }} drop" in finding.advice


def test_without_a_service_no_port_is_open() -> None:
    assert ports.open_ports(None, 8800).found == "no service runs"


def test_ray_starts_on_this_machine_for_real() -> None:
    finding = libraries.ray_starts()
    assert finding.verdict is Verdict.OK, finding.found
    assert finding.found.startswith("Ray ")
