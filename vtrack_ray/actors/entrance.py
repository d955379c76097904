"""The entrance: the socket that requests come in by. It outlives whoever answers them, and so those wait who come
while one process takes another's place."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from vtrack_ray.errors import ClusterError

log = logging.getLogger(__name__)

_PATIENCE_S = 10.0
_WORD = b"entrance"
_BACKLOG = 8


@contextmanager
def entrance(host: str, port: int, address: Path) -> Iterator[None]:
    """Holds the port, and gives it to each process of this user that asks for it at `address`, a Unix socket.

    Nobody listens until the first of them does. Raises ClusterError if the port can't be had.
    """
    with _bound(host, port) as held, socket.socket(socket.AF_UNIX) as asked:
        address.unlink(missing_ok=True)  # left behind by a killed process: the database is served by this one alone
        asked.bind(str(address))
        address.chmod(0o600)
        asked.listen(_BACKLOG)
        thread = Thread(target=_give, args=(held, asked), name="vtrack entrance", daemon=True)
        thread.start()
        try:
            yield
        finally:
            asked.shutdown(socket.SHUT_RDWR)  # wakes the thread
            thread.join()
            address.unlink(missing_ok=True)


def taken_entrance(address: Path) -> socket.socket:
    """The socket that is held there, to listen on. Raises OSError if nobody gives it."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(_PATIENCE_S)
        asking.connect(str(address))
        _, descriptors, _, _ = socket.recv_fds(asking, len(_WORD), 1)
    if not descriptors:
        raise ConnectionError(f"nothing was given at {address}")
    return socket.socket(fileno=descriptors[0])


def _bound(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # Of a name that stands for both, such as localhost, the address that every client tries.
        family, kind, _, _, place = min(found, key=lambda one: one[0] is not socket.AF_INET)
        bound = socket.socket(family, kind)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(place)
        except BaseException:
            bound.close()
            raise
    except (OSError, OverflowError) as error:
        busy = getattr(error, "errno", None) == errno.EADDRINUSE
        reason = "another program listens there" if busy else getattr(error, "strerror", None) or error
        raise ClusterError(
            f"The HTTP service can't listen on {host}, port {port}: {reason}. Name others with HTTP_HOST and HTTP_PORT"
        ) from error
    return bound


def _give(held: socket.socket, asked: socket.socket) -> None:
    while True:
        try:
            asking, _ = asked.accept()
        except OSError:
            return  # it is over
        with asking, suppress(OSError):  # who has left meanwhile asks again
            socket.send_fds(asking, [_WORD], [held.fileno()])
