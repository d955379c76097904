"""`vtrack node`: the machines of a cluster."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from vtrack_ray.cli.options import with_output, with_settings
from vtrack_ray.cli.records import print_records, printable
from vtrack_ray.errors import ClusterError
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.records import NodeRecord
from vtrack_ray.settings import Settings

_PORT = int(Settings.model_fields["NODE_PORT"].default)
_COLUMNS = (
    "node", "address", "state", "cores", "batch", "running", "cpu_percent", "memory_percent", "sources", "seen_at",
)  # fmt: skip


@click.group()
def node() -> None:
    """Join machines to the service's cluster, and show and drain them."""


@node.command()
@click.argument("address")
@click.option("--name", help="What this machine is to be called.  [default: its host name]")
@click.option("--cores", type=click.IntRange(1, 1024), help="How many processors it gives.  [default: all it has]")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file with the secret that all machines share.  [default: ~/.ray/auth_token]",
)
def join(address: str, name: str | None, cores: int | None, token_file: Path | None) -> None:
    """Have this machine sample videos for the service at ADDRESS (host, or host:port), in the foreground.

    Ctrl-C, SIGTERM or `vtrack node drain` has it leave in good order: what it works on may finish for STOP_SECONDS, and
    is then taken back. A second signal ends it at once. When the head is lost, it joins again once that answers.
    """
    # Whoever looks at the list need not wait for Ray to be imported.
    from vtrack_ray.actors.address import read_address
    from vtrack_ray.actors.membership import Membership, Wanted
    from vtrack_ray.cli.stopping import twice_stoppable

    head = read_address(address, _PORT)
    if head is None:
        raise click.BadParameter(f"{address!r} is no host or host:port", param_hint="ADDRESS")

    def tell(text: str) -> None:
        click.echo(printable(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}"))

    with twice_stoppable():
        Membership(Wanted(head=head, name=name, cores=cores, token_file=token_file), tell).keep()


@node.command("list")
@with_output
@with_settings
def list_nodes(output: str, settings: Settings) -> None:
    """Show the machines, whether they are given work, and how they get at the files of each source."""
    zone = ZoneInfo(settings.TIME_ZONE)
    with open_answers(settings.DB) as answers:
        nodes = answers.nodes()
    records = [NodeRecord.of(one, zone).model_dump() for one in nodes]
    if output != "json":
        records = [{**record, "sources": NodeRecord.said(one)} for record, one in zip(records, nodes, strict=True)]
    if output == "table" and nodes and server_of(settings.DB) is None:
        click.echo("The service is not running; this is how its machines were last seen.")
    print_records(records, _COLUMNS, output, empty="No machine was seen yet; `vtrack up` is the first one.")


@node.command()
@click.argument("node")
@with_settings
def drain(node: str, settings: Settings) -> None:
    """Give the machine NODE no more work; what it works on may finish for STOP_SECONDS, and is then done elsewhere.

    A machine that was joined by `vtrack node join` leaves then, and may join again; others stay, and get no work until
    `vtrack node resume`.
    """
    _order(node, settings, is_drained=True)
    click.echo(printable(f"{node} gets no more work; `vtrack node list` shows when it is drained."))


@node.command()
@click.argument("node")
@with_settings
def resume(node: str, settings: Settings) -> None:
    """Give the machine NODE work again."""
    _order(node, settings, is_drained=False)
    click.echo(printable(f"{node} gets work again."))


def _order(name: str, settings: Settings, *, is_drained: bool) -> None:
    with open_answers(settings.DB, create=True) as answers:
        known = [one.name for one in answers.nodes()]
        if name not in known:
            raise ClusterError(
                f"There is no machine {name!r}; `vtrack node list` shows them: {', '.join(known) or '-'}"
            )
        answers.order_drain(name, datetime.now(UTC), is_drained=is_drained)
