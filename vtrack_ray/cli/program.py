"""`vtrack program`: what the service is to work on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from vtrack_ray.cli.options import CameraName, with_output, with_settings
from vtrack_ray.cli.places import drive_folder, names_drive
from vtrack_ray.cli.records import print_records, printable
from vtrack_ray.errors import ProgramError
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.meaning.program import ProgramKind, ProgramRequest
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.records import ProgramRecord
from vtrack_ray.settings import Settings

_COLUMNS = ("program", "state", "requested_at", "started_at", "ended_at", "reason")


@click.group()
def program() -> None:
    """Say what the service works on, now or when it is next started with `vtrack up`."""


@program.command()
@click.option("--days", required=True, type=click.IntRange(1, 365), help="Recordings of the last so many days.")
@with_settings
def first(days: int, settings: Settings) -> None:
    """First Run: once, over the recordings of some days; then Default follows."""
    _request(ProgramRequest(kind=ProgramKind.FIRST, days=days), settings)


@program.command()
@with_settings
def default(settings: Settings) -> None:
    """Default: whatever is new in the sources, scanned every SCAN_INTERVAL_SECONDS."""
    _request(ProgramRequest(kind=ProgramKind.DEFAULT), settings)


@program.command()
@click.argument("path", type=click.Path())
@click.option(
    "--camera", "camera_name", type=CameraName(), help="The camera of all these files; otherwise the folder's name."
)
@click.option("--force", "is_forced", is_flag=True, help="Do again what is done already, all of it.")
@with_settings
def custom(path: str, camera_name: str | None, is_forced: bool, settings: Settings) -> None:
    """Custom: a file or folder, before everything else; the filters do not count for it.

    `drive:FOLDER` is a folder at Google Drive: its id, name or address, as of `vtrack source add drive FOLDER`.
    """
    if names_drive(path):
        place = drive_folder(path, camera_name, settings)
    elif Path(path).exists():
        place = str(Path(path).absolute())
    else:
        raise ProgramError(f"{path} does not exist; name a video file or a folder of them")
    request = ProgramRequest(kind=ProgramKind.CUSTOM, custom_path=place, camera_name=camera_name, is_forced=is_forced)
    _request(request, settings)


@program.command()
@with_settings
def pause(settings: Settings) -> None:
    """Begin nothing new; videos under way are finished."""
    _pause(settings, is_paused=True)


@program.command()
@with_settings
def resume(settings: Settings) -> None:
    """Go on after a pause."""
    _pause(settings, is_paused=False)


@program.command()
@with_settings
def stop(settings: Settings) -> None:
    """Stop all programs; videos under way are given back, and what was sampled of them is kept."""
    with open_answers(settings.DB, create=True) as answers:
        stopped = answers.stop_programs(datetime.now(UTC))
    click.echo("\n".join(f"stopped: {printable(str(one))}" for one in stopped) or "No program waits or runs.")


@program.command()
@with_output
@with_settings
def status(output: str, settings: Settings) -> None:
    """Show all programs, and what became of them."""
    zone = ZoneInfo(settings.TIME_ZONE)
    with open_answers(settings.DB) as answers:
        records = [ProgramRecord.of(one, zone).model_dump() for one in answers.programs()]
        is_paused = answers.is_paused()
    print_records(records, _COLUMNS, output, empty="No program was asked for yet.")
    if is_paused:
        click.echo("Work is paused; `vtrack program resume` goes on.", err=True)


def _request(request: ProgramRequest, settings: Settings) -> None:
    with open_answers(settings.DB, create=True) as answers:
        requested = answers.request_program(request, datetime.now(UTC))
        is_paused = answers.is_paused()
        has_sources = bool(answers.roots())
    click.echo(printable(f"{requested} is {requested.state}."))
    if server_of(settings.DB) is None:
        click.echo("No service is running; `vtrack up` starts it.", err=True)
    if is_paused:
        click.echo("Work is paused; `vtrack program resume` goes on.", err=True)
    if request.kind is not ProgramKind.CUSTOM and not has_sources:
        click.echo("No source is known yet; `vtrack source add FOLDER` adds one.", err=True)


def _pause(settings: Settings, *, is_paused: bool) -> None:
    with open_answers(settings.DB, create=True) as answers:
        answers.order_pause(datetime.now(UTC), is_paused=is_paused)
    click.echo("Work is paused; videos under way are finished." if is_paused else "Work goes on.")
