"""`vtrack up`: the service, from its start to its end."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from vtrack_ray.actors.service import Service
from vtrack_ray.cli.options import with_settings
from vtrack_ray.cli.records import json_text, printable
from vtrack_ray.cli.stopping import twice_stoppable
from vtrack_ray.meaning.occurrence import Occurrence
from vtrack_ray.records import OccurrenceRecord
from vtrack_ray.settings import Settings


@click.command()
@click.option("--address", help="Join the Ray cluster at this address.  [env: RAY_ADDRESS; default: start Ray here]")
@click.option("--dashboard/--no-dashboard", default=True, help="Show Ray's dashboard on 127.0.0.1:8265.")
@click.option("--metrics/--no-metrics", default=True, help="Export metrics, for Prometheus and the dashboard.")
@click.option("--http/--no-http", default=True, help="Answer over HTTP, at HTTP_HOST and HTTP_PORT.")
@click.option("--log-json", is_flag=True, help="Print a JSON object for each thing that happens.")
@with_settings
def up(address: str | None, dashboard: bool, metrics: bool, http: bool, log_json: bool, settings: Settings) -> None:
    """Run the service in the foreground: it works on programs (see `vtrack program`) until it is ended.

    Ctrl-C, SIGTERM or `vtrack down` ends it in good order: what is under way may finish for STOP_SECONDS, and is then
    given back. A second signal ends it at once; nothing that was finished is lost either way.
    """
    if dashboard and not metrics:
        raise click.UsageError("--no-metrics goes with --no-dashboard: the dashboard shows metrics.")
    zone = ZoneInfo(settings.TIME_ZONE)

    def show(occurrence: Occurrence) -> None:
        record = OccurrenceRecord.of(occurrence, zone).model_dump()
        if log_json:
            click.echo(json_text(record, indent=None))
        else:
            click.echo(printable(f"{record['at']} {record['kind']:8} {record['text']}"))

    service = Service(settings, address, show, has_dashboard=dashboard, has_metrics=metrics, has_http=http)
    with twice_stoppable():
        service.serve()
