"""`vtrack videos`: every video, where it stands and why."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from vtrack_ray.cli.nothing import tell, unknown_cameras
from vtrack_ray.cli.options import CameraName, with_output, with_settings
from vtrack_ray.cli.records import print_records
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.ledger.values import VideoFilter
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.records import VideoRecord
from vtrack_ray.settings import Settings

_COLUMNS = (
    "camera_name",
    "started_at",
    "start_basis",
    "duration_s",
    "status",
    "examined_s",
    "idle_s",
    "unreadable_s",
    "attempts",
    "path",
    "reason",
)


@click.command()
@click.option(
    "--camera", "cameras", type=CameraName(), multiple=True, help="Videos of this camera; may be given several times."
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([s.value for s in VideoStatus]),
    help="Videos of this status; may be given several times.",
)
@with_output
@with_settings
def videos(cameras: tuple[str, ...], statuses: tuple[str, ...], output: str, settings: Settings) -> None:
    """Show videos: status, reason, duration, and how much of each was examined, idle or unreadable."""
    zone = ZoneInfo(settings.TIME_ZONE)
    wanted = VideoFilter(cameras=cameras, statuses=tuple(VideoStatus(status) for status in statuses))
    with open_answers(settings.DB) as answers:
        records = [VideoRecord.of(row, zone).model_dump() for row in answers.videos(wanted)]
        hints = list(unknown_cameras(answers, cameras)) if cameras else []
    print_records(records, _COLUMNS, output, empty="No videos.")
    tell(hints)
