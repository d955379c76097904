"""`vtrack status` and `vtrack history`: what the service does, what is left, and what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from vtrack_ray.cli.options import CameraName, instant_option, with_output, with_settings
from vtrack_ray.cli.records import forecast_record, occurrence_record, print_records, printable
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.ledger.values import HistoryFilter
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.pipeline.forecast import forecasts, slots_of
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.settings import Settings

_STATUS_COLUMNS = ("camera_name", "videos", "footage_h", "speed", "left_s", "done_by")
_MOST_BATCHES = 1000
_HISTORY_COLUMNS = ("at", "kind", "camera_name", "text")


@click.command()
@with_output
@with_settings
def status(output: str, settings: Settings) -> None:
    """Show what the service does and what is left, camera by camera, with a forecast."""
    now, zone = datetime.now(UTC), ZoneInfo(settings.TIME_ZONE)
    with open_answers(settings.DB) as answers:
        is_paused, programs = answers.is_paused(), answers.programs(unended=True)
        batches = answers.history(HistoryFilter(kinds=(OccurrenceKind.BATCH,), most=_MOST_BATCHES))
        left = forecasts(answers.backlog(), slots_of(batches))
        counts = answers.counts()
    if output == "table":
        pid = server_of(settings.DB)
        click.echo(f"service   {f'running, process {pid}' if pid else 'not running'}{', paused' if is_paused else ''}")
        click.echo(printable(f"programs  {', '.join(f'{one} ({one.state})' for one in programs) or 'none'}"))
        click.echo(f"videos    {', '.join(f'{count} {state}' for state, count in counts.items() if count) or 'none'}")
        click.echo()
    records = [forecast_record(one, now, zone) for one in left]
    print_records(records, _STATUS_COLUMNS, output, empty="No video is known yet.")


@click.command()
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in OccurrenceKind]),
    help="Of this kind; may be given several times.",
)
@click.option(
    "--camera", "cameras", type=CameraName(), multiple=True, help="Of this camera; may be given several times."
)
@click.option("--since", help="At this instant or later, such as 2026-11-01 or 2026-11-01T08:00+07:00.")
@click.option("--until", help="Before this instant.")
@click.option("--most", default=100, show_default=True, type=click.IntRange(1), help="The latest so many.")
@with_output
@with_settings
def history(
    kinds: tuple[str, ...],
    cameras: tuple[str, ...],
    since: str | None,
    until: str | None,
    most: int,
    output: str,
    settings: Settings,
) -> None:
    """Show what the service did and what happened to it: scans, batch sizes, retries, time-outs and the rest."""
    zone = ZoneInfo(settings.TIME_ZONE)
    wanted = HistoryFilter(
        kinds=tuple(OccurrenceKind(kind) for kind in kinds),
        cameras=cameras,
        since=instant_option(since, zone, "--since"),
        until=instant_option(until, zone, "--until"),
        most=most,
    )
    with open_answers(settings.DB) as answers:
        records = [occurrence_record(one, zone) for one in answers.history(wanted)]
    print_records(records, _HISTORY_COLUMNS, output, empty="Nothing has happened yet.")
