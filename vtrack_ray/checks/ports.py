"""Ports: whether other machines can reach those of a running service that are nobody's business."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from vtrack_ray.checks.finding import Finding, Verdict

_NAME = "open ports"
_MOST_NAMED = 12
_GIVEN_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")


class Port(NamedTuple):
    """Where a process listens."""

    number: int
    process: str


def open_ports(server: int | None, http_port: int) -> Finding:
    """Whether a service of process `server`, or the Ray that it started, listens on more than this machine's loopback.

    `http_port` is the HTTP service's own, which may: it asks for tokens.
    """
    if server is None:
        return Finding(name=_NAME, verdict=Verdict.OK, found="no service runs")
    reachable = sorted({port for port in _listening(server) if port.number != http_port})
    if not reachable:
        return Finding(name=_NAME, verdict=Verdict.OK, found="open to this machine alone")
    named = ", ".join(f"{port.number} ({port.process})" for port in reachable[:_MOST_NAMED])
    more = f" and {len(reachable) - _MOST_NAMED} more" if len(reachable) > _MOST_NAMED else ""
    return Finding(
        name=_NAME,
        verdict=Verdict.WARN,
        found=f"other machines can reach {named}{more} unless a firewall is in their way",
        advice=f"close them to all but the cluster's machines: {_rule(reachable)}",
    )


def _listening(server: int) -> Iterator[Port]:
    """The ports of the process and all that it started, but for those on loopback."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(server)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                for one in process.net_connections(kind="tcp"):
                    if one.status == psutil.CONN_LISTEN and not _is_loopback(one.laddr.ip):
                        yield Port(one.laddr.port, process.name())


def _is_loopback(address: str) -> bool:
    # A socket that takes IPv6 as well has its IPv4 address written within one of IPv6.
    return ipaddress.ip_address(address.removeprefix("::ffff:")).is_loopback


def _rule(ports: Sequence[Port]) -> str:
    """For nftables. Most ports are given out anew at each start, from a range that the system keeps for that."""
    low, high = map(int, _GIVEN_OUT.read_text("ascii").split())
    closed = [str(port.number) for port in ports if not low <= port.number <= high]
    if len(closed) < len(ports):
        closed.append(f"{low}-{high}")
    return (
        "nft 'add table inet vtrack; add chain inet vtrack input { type filter hook input priority 0; }; "
        f"add rule inet vtrack input iif != lo ct state new tcp dport {{ {', '.join(closed)} }} drop'"
    )
