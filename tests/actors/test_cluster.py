"""A Ray that is not ready in time: its own processes are real, only its patience is cut short, once."""

from __future__ import annotations

import signal
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.changed import ChangedVtrack
from vtrack_ray.actors.cluster import joined_ray, prepare_token
from vtrack_ray.errors import ClusterError

PATIENCE_S = 120.0
AGENT_PORT = 52365
"""Where Ray's own agent would listen."""

IMPATIENT = """
import time
import types
from pathlib import Path

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


def change(services):
    services.get_node = impatient(services.get_node)
"""
"""Has Ray's start wait for half a minute in no time."""


@pytest.mark.timeout(300)
def test_a_ray_that_is_not_ready_in_time_is_told_in_a_sentence_and_started_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    vtrack = ChangedVtrack(home, "ray._private.services", IMPATIENT)
    with socket.socket() as other_ray, vtrack.start("up", "--no-dashboard", "--no-http") as up:
        with suppress(OSError):  # taken already
            other_ray.bind(("127.0.0.1", AGENT_PORT))
            other_ray.listen()
        try:
            assert up.stdout
            said: list[str] = []
            while not said or "the service has started" not in said[-1]:
                said.append(up.stdout.readline())
                assert said[-1], up.communicate()
            ports = agent_ports(up.pid)
            assert ports
            assert -1 not in ports, "an agent waited in vain for the port of another Ray's"
            scripts = {Path(word).name for one in processes(up.pid) for word in one.cmdline()}
            assert "gcs_server" in scripts
            assert not {"log_monitor.py", "monitor.py", "dashboard.py"} & scripts, "what nobody here needs was started"
            called = {" ".join(one.cmdline()) for one in processes(up.pid)}
            assert not any("RuntimeEnvAgent" in one for one in called), "nobody is here who could ask for it"
            assert (home / ".ray" / "auth_token").stat().st_mode & 0o077 == 0
            up.send_signal(signal.SIGTERM)
            out, err = up.communicate(timeout=PATIENCE_S)
        finally:
            up.kill()
    assert up.returncode == 0, out + err
    [restart] = [line for line in said if " restart " in line]
    assert "Ray was not ready in time at 'local': The current node timed out during startup." in restart
    assert restart.rstrip().endswith(". All of it is started again in 1 s")
    assert "Traceback" not in err


def processes(up: int) -> list[psutil.Process]:
    return psutil.Process(up).children(recursive=True)


def agent_ports(up: int) -> list[int]:
    """Where the agents of that service's Rays listen; -1 for one that does not."""
    folders = [Path(tempfile.gettempdir(), "ray").glob(f"session_*_{one.pid}") for one in psutil.Process(up).children()]
    written = [file for found in folders for folder in found for file in folder.glob("dashboard_agent_listen_port_*")]
    return [int(file.read_text("ascii")) for file in written]


def test_a_secret_that_can_not_be_kept_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    (tmp_path / ".ray").touch()
    with pytest.raises(ClusterError, match=r"can't be kept in .*auth_token: File exists"), joined_ray("local"):
        pass


def test_a_secret_that_is_there_is_kept(tmp_path: Path) -> None:
    token = tmp_path / ".ray" / "auth_token"
    with ThreadPoolExecutor() as threads:
        for _ in threads.map(prepare_token, [token] * 20):
            pass
    first = token.read_text()
    assert len(first) == 64
    prepare_token(token)
    assert token.read_text() == first
    assert [one.name for one in token.parent.iterdir()] == ["auth_token"]
