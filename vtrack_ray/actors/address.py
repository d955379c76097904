"""Addresses: of the head, as an operator writes it, and of this machine, as others reach it."""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
from typing import NamedTuple

from vtrack_ray.errors import ClusterError
from vtrack_ray.settings import Settings

_KNOCK_S = 2.0
_WRITTEN = re.compile(r"(?:ray://)?(?:\[(?P<v6>[^\[\]]+)\]|(?P<host>[^/\[\]:]+))(?::(?P<port>\d{1,5}))?")


class HostAndPort(NamedTuple):
    """Where somebody listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def others_join_at(settings: Settings) -> HostAndPort | None:
    """Where other machines join this one; None if they can't."""
    if is_loopback(settings.NODE_ADDRESS):
        return None
    return HostAndPort(settings.NODE_ADDRESS, settings.NODE_PORT)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine itself reaches it there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_address(text: str, port: int | None = None) -> HostAndPort | None:
    """The host and port that are written; `port` where none is. None if it is not written like that."""
    found = _WRITTEN.fullmatch(text)
    if found is None or (found["port"] is None and port is None):
        return None
    return HostAndPort(found["v6"] or found["host"], int(found["port"] or port or 0))


def knock(address: HostAndPort) -> str | None:
    """Why nobody answers there; None if somebody does."""
    try:
        socket.create_connection(address, timeout=_KNOCK_S).close()
    except (OSError, OverflowError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def own_address_towards(head: HostAndPort) -> str:
    """The address of this machine that packets to the head come from. Raises ClusterError if there is no way there."""
    try:
        family, kind, _, _, found = socket.getaddrinfo(*head, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as way:
            way.connect(found)
            address: str = way.getsockname()[0]
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"There is no way from here to {head}: {getattr(error, 'strerror', None) or error}"
        ) from error
    return address


def require_own(address: HostAndPort) -> None:
    """Raises ClusterError if nothing can listen there."""
    try:
        family, kind, _, _, found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(found)
    except (OSError, OverflowError) as error:
        busy = getattr(error, "errno", None) == errno.EADDRINUSE
        reason = "another program listens there" if busy else getattr(error, "strerror", None) or error
        raise ClusterError(
            f"Other machines can't join at {address}: {reason}. NODE_ADDRESS is an address of this machine, "
            "NODE_PORT a free port of it"
        ) from error
