"""`vtrack source`: where the service looks for videos."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from vtrack_ray.cli.options import with_output, with_settings
from vtrack_ray.cli.records import print_records, printable
from vtrack_ray.errors import SourceError
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.settings import Settings


@click.group()
def source() -> None:
    """Add, list and remove the folders that the service looks for videos in."""


@source.command()
@click.argument("folder", type=click.Path(path_type=Path))
@with_settings
def add(folder: Path, settings: Settings) -> None:
    """Add a root folder; its first folders are the cameras."""
    root = folder.resolve()
    if not root.is_dir():
        raise SourceError(f"{folder} is no folder; name the one that holds the cameras' folders")
    with open_answers(settings.DB, create=True) as answers:
        is_new = answers.add_root(str(root), datetime.now(UTC))
    click.echo(printable(f"{root} is a source now." if is_new else f"{root} is a source already."))


@source.command()
@click.argument("folder", type=click.Path(path_type=Path))
@with_settings
def remove(folder: Path, settings: Settings) -> None:
    """Remove a root folder; what is known of its videos stays."""
    # As it was added, or as it is: its disk may be gone.
    with open_answers(settings.DB, create=True) as answers:
        removed = [answers.remove_root(str(root)) for root in {folder.absolute(), folder.resolve()}]
    if not any(removed):
        raise SourceError(f"{folder} is no source; `vtrack source list` shows them")
    click.echo(printable(f"{folder} is no source any more; what is known of its videos stays."))


@source.command("list")
@with_output
@with_settings
def list_sources(output: str, settings: Settings) -> None:
    """Show the sources."""
    with open_answers(settings.DB) as answers:
        records = [{"source": root, "is_there": Path(root).is_dir()} for root in answers.roots()]
    print_records(records, ("source", "is_there"), output, empty="No source; `vtrack source add FOLDER` adds one.")
