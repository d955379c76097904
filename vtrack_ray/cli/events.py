"""`vtrack events`: the packing events, by tracking code, camera, time and status."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from vtrack_ray.cli.nothing import similar_codes, tell, unknown_cameras
from vtrack_ray.cli.options import CameraName, instant_option, with_output, with_settings
from vtrack_ray.cli.records import print_records
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.ledger.values import EventFilter
from vtrack_ray.meaning.event import EventStatus
from vtrack_ray.records import EventRecord
from vtrack_ray.settings import Settings

_COLUMNS = ("camera_name", "started_at", "duration_s", "tracking_codes", "status", "start_s", "end_s", "videos")


@click.command()
@click.option("--code", "codes", multiple=True, help="Events with this tracking code; may be given several times.")
@click.option(
    "--camera", "cameras", type=CameraName(), multiple=True, help="Events of this camera; may be given several times."
)
@click.option("--since", help="Events that end after this instant, such as 2026-11-01 or 2026-11-01T08:00+07:00.")
@click.option("--until", help="Events that start before this instant.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([s.value for s in EventStatus]),
    help="Events of this status; may be given several times.",
)
@with_output
@with_settings
def events(
    codes: tuple[str, ...],
    cameras: tuple[str, ...],
    since: str | None,
    until: str | None,
    statuses: tuple[str, ...],
    output: str,
    settings: Settings,
) -> None:
    """Show packing events; works while a run is going on and when none is."""
    zone = ZoneInfo(settings.TIME_ZONE)
    wanted = EventFilter(
        codes=tuple(_code(code) for code in codes),
        cameras=cameras,
        since=instant_option(since, zone, "--since"),
        until=instant_option(until, zone, "--until"),
        statuses=tuple(EventStatus(status) for status in statuses),
    )
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise click.UsageError(f"--since {since} is later than --until {until}: nothing lies between; swap them")
    with open_answers(settings.DB) as answers:
        found = answers.events(wanted)
        ids = {video_id for event in found for video_id in event.video_ids}
        paths = answers.paths(sorted(ids))
        hints = [
            *(unknown_cameras(answers, cameras) if cameras else ()),
            *(similar_codes(answers, wanted.codes) if not found else ()),
        ]
    records = [EventRecord.of(event, paths, zone).model_dump() for event in found]
    print_records(records, _COLUMNS, output, empty="No events.")
    tell(hints)


def _code(text: str) -> str:
    """A code as it is stored; what is copied from a message often has spaces around it."""
    if not text.strip():
        raise click.BadParameter("it is empty: give a whole tracking code", param_hint="--code")
    return text.strip()
