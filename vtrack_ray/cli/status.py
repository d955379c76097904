"""`vtrack status`: what the service does, and what is left."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from vtrack_ray.cli.options import with_output, with_settings
from vtrack_ray.cli.records import print_records, printable
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.meaning.node import Node, Reach
from vtrack_ray.pipeline.forecast import forecasts_of
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.records import ForecastRecord
from vtrack_ray.settings import Settings

_COLUMNS = ("camera_name", "videos", "footage_h", "speed", "left_s", "done_by")


@click.command()
@with_output
@with_settings
def status(output: str, settings: Settings) -> None:
    """Show what the service does and what is left, camera by camera, with a forecast."""
    now, zone = datetime.now(UTC), ZoneInfo(settings.TIME_ZONE)
    with open_answers(settings.DB) as answers:
        is_paused, programs = answers.is_paused(), answers.programs(unended=True)
        left = forecasts_of(answers)
        counts = answers.counts()
        nodes = answers.nodes()
    if output == "table":
        pid = server_of(settings.DB)
        click.echo(f"service   {f'running, process {pid}' if pid else 'not running'}{', paused' if is_paused else ''}")
        click.echo(printable(f"programs  {', '.join(f'{one} ({one.state})' for one in programs) or 'none'}"))
        click.echo(f"videos    {', '.join(f'{count} {state}' for state, count in counts.items() if count) or 'none'}")
        if len(nodes) > 1:
            click.echo(printable(f"machines  {'; '.join(map(_standing, nodes))}"))
        click.echo()
    records = [ForecastRecord.of(one, now, zone).model_dump() for one in left]
    print_records(records, _COLUMNS, output, empty="No video is known yet.")


def _standing(node: Node) -> str:
    unseen = [
        f"{one.source} {'through the head' if one.reach is Reach.HEAD else 'not seen'}"
        for one in node.sources
        if one.reach is not Reach.OWN
    ]
    return f"{node.name}: {', '.join([node.state, *unseen])}"
