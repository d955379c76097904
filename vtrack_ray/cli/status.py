"""`vtrack status`: what the service does, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from vtrack_ray import instants
from vtrack_ray.cli.options import with_output, with_settings
from vtrack_ray.cli.records import print_records, printable
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.meaning.node import Node, Reach
from vtrack_ray.pipeline.forecast import Forecast, all_left_s, forecasts_of
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.records import ForecastRecord
from vtrack_ray.settings import Settings

_COLUMNS = ("camera_name", "videos", "footage_h", "speed", "left_s", "done_by")
_MOST_SHOWN = 20
"""More cameras than these are for a program to read."""


@click.command()
@with_output
@with_settings
def status(output: str, settings: Settings) -> None:
    """Show what the service does and what is left, with a forecast: of the cameras that have most left, or in JSON and
    CSV of all."""
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
        click.echo(f"left      {_sum(left, now, zone)}\n")
        left = sorted(
            (one for one in left if one.videos), key=lambda one: (-one.footage_s, -one.videos, one.camera_name)
        )
    records = [ForecastRecord.of(one, now, zone).model_dump() for one in left]
    shown = records[:_MOST_SHOWN] if output == "table" else records
    if shown or output != "table":
        print_records(shown, _COLUMNS, output, empty="")
    if len(shown) < len(records):
        click.echo(f"and {len(records) - len(shown)} cameras more: --json and --csv tell of all")


def _sum(left: Sequence[Forecast], now: datetime, zone: ZoneInfo) -> str:
    """What is left of all cameras together."""
    videos, footage_h = sum(one.videos for one in left), sum(one.footage_s for one in left) / 3600
    if not videos:
        return "nothing" if left else "nothing, as no video is known yet"
    left_s = all_left_s(left)
    until = "until when is not known"
    if left_s is not None:
        until = f"done by {instants.show(now + timedelta(seconds=left_s), zone)}"
    return f"{videos} videos, {footage_h:.1f} h of footage, {until}"


def _standing(node: Node) -> str:
    unseen = [
        f"{one.source} {'through the head' if one.reach is Reach.HEAD else 'not seen'}"
        for one in node.sources
        if one.reach is not Reach.OWN
    ]
    return f"{node.name}: {', '.join([node.state, *unseen])}"
