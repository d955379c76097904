"""`vtrack run`: works off files and folders, and tells what came of it."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from vtrack_ray.cli.options import CameraName, with_settings
from vtrack_ray.cli.places import drive_folder, names_drive
from vtrack_ray.cli.progress import RunBar, stoppable
from vtrack_ray.cli.records import counted, printable
from vtrack_ray.errors import LedgerHeld
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.pipeline.request import Request
from vtrack_ray.pipeline.summary import Summary
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import require_videos

INTERRUPTED = 130
"""Exit status after Ctrl-C or SIGTERM, as shells have it."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option(
    "--camera", "camera_name", type=CameraName(), help="The camera of all these files; otherwise the folder's name."
)
@click.option("--force", "is_forced", is_flag=True, help="Do again what is done already, all of it.")
@click.option("--exhaustive", "is_exhaustive", is_flag=True, help="Examine every picture: slow, the reference.")
@click.option("--local", "is_local", is_flag=True, help="Work in this process, without Ray.")
@click.option("--address", help="Join the Ray cluster at this address.  [env: RAY_ADDRESS; default: start Ray here]")
@with_settings
def run(
    paths: tuple[str, ...],
    camera_name: str | None,
    is_forced: bool,
    is_exhaustive: bool,
    is_local: bool,
    address: str | None,
    settings: Settings,
) -> None:
    """Find the packing events in video files, or in all videos below folders.

    `drive:FOLDER` is a folder at Google Drive: its id, name or address, as of `vtrack source add drive FOLDER`.

    What is done already is not done again; what was interrupted goes on, a run with --force by one without. Exits
    with 0 if every video came to a good end, 1 if one did not or there is none, 2 if the command itself or a setting is
    wrong, and 130 if it was interrupted.
    """
    if is_local and address:
        raise click.UsageError("--local works without Ray, --address joins one: give one of them")
    if pid := server_of(settings.DB):
        raise LedgerHeld(
            f"The service, process {pid}, works with the database {settings.DB}: have it work on these files with "
            "`vtrack program custom PATH`, or end it with `vtrack down`"
        )
    # An actor's working directory is not this one.
    absolute = tuple(Path(path).absolute() for path in paths if not names_drive(path))
    request = Request(
        paths=absolute,
        drive_folders=tuple(drive_folder(path, camera_name, settings) for path in paths if names_drive(path)),
        camera_name=camera_name,
        is_forced=is_forced,
        is_exhaustive=is_exhaustive,
    )
    summary: Summary | None
    started = time.monotonic()
    with stoppable(), RunBar() as bar:
        try:
            if absolute:
                require_videos(absolute)
            # Imported here: what refuses the command comes before the seconds that either takes.
            if is_local:
                from vtrack_ray.pipeline import local

                summary = local.work_off(request, settings, bar.show)
            else:
                from vtrack_ray.actors import backlog

                summary = backlog.work_off(request, settings, address, bar.show)
        except KeyboardInterrupt:
            summary = None
    if summary is None:
        command = "the same command without --force" if is_forced else "the same command"
        click.echo(f"Interrupted. What was finished is kept; {command} goes on from there.", err=True)
        raise SystemExit(INTERRUPTED)
    _tell(summary, time.monotonic() - started, settings)
    raise SystemExit(0 if summary.is_good else 1)


def _tell(summary: Summary, elapsed_s: float, settings: Settings) -> None:
    console = Console(width=None if Console().is_terminal else 160, highlight=False, markup=False, emoji=False)
    files = summary.videos_by_status.total()
    by_status = sorted(summary.videos_by_status.items(), key=lambda one: (not one[0].is_good, one[0]))
    statuses = ", ".join(f"{count} {status}" for status, count in by_status)
    table = Table.grid(padding=(0, 2))
    table.add_row("videos", f"{counted(files, 'file')}: {statuses}; {summary.new_videos} of them in this run")
    codes = counted(summary.tracking_codes, "different tracking code")
    table.add_row("events", f"{summary.events} with {codes}")
    table.add_row(
        "footage",
        f"{summary.examined_s:.1f} s examined, {summary.idle_s:.1f} s idle, {summary.unreadable_s:.1f} s unreadable",
    )
    table.add_row("time", f"{elapsed_s:.1f} s")
    table.add_row("database", printable(str(settings.DB)))
    console.print(table)
    for trouble in summary.troubles:
        console.print(printable(f"! {trouble.path}: {trouble.reason}"), soft_wrap=True)
    for hint in summary.hints:
        console.print(printable(f"? {hint}"), soft_wrap=True)
