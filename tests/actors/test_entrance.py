"""The entrance: who gets it, and who waits there."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from vtrack_ray.actors.entrance import entrance, taken_entrance
from vtrack_ray.errors import ClusterError

HOST = "127.0.0.1"


@pytest.fixture
def port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        number: int = found.getsockname()[1]
        return number


def test_who_comes_while_nobody_listens_any_more_is_let_in_by_the_next_one(tmp_path: Path, port: int) -> None:
    address = tmp_path / "entrance"
    address.touch()  # left behind
    with entrance(HOST, port, address):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, port), timeout=5)
        with taken_entrance(address) as first:
            first.listen()
        with socket.create_connection((HOST, port), timeout=5) as waiting, taken_entrance(address) as second:
            second.listen()
            met, (_, other_port) = second.accept()
            with met:
                assert other_port == waiting.getsockname()[1]
        assert address.stat().st_mode & 0o077 == 0
    assert not address.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), timeout=5)


def test_a_port_that_another_program_has_is_told(tmp_path: Path) -> None:
    with (
        socket.create_server((HOST, 0)) as other,
        pytest.raises(ClusterError, match=r"can't listen on 127.0.0.1, port \d+: another program listens there"),
        entrance(HOST, other.getsockname()[1], tmp_path / "entrance"),
    ):
        raise AssertionError("it was let in")


def test_where_nobody_holds_an_entrance_none_is_taken(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        taken_entrance(tmp_path / "none")
