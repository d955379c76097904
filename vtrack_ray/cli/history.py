"""`vtrack history`: what the service did, and what happened to it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from vtrack_ray.cli.options import CameraName, instant_option, with_output, with_settings
from vtrack_ray.cli.records import print_records
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.ledger.values import HistoryFilter
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.records import OccurrenceRecord
from vtrack_ray.settings import Settings

_COLUMNS = ("at", "kind", "camera_name", "text")


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
        records = [OccurrenceRecord.of(one, zone).model_dump() for one in answers.history(wanted)]
    is_all = not (kinds or cameras or since or until)
    print_records(
        records, _COLUMNS, output, empty="Nothing has happened yet." if is_all else "Nothing such has happened."
    )
