"""`vtrack source`: where the service looks for videos."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from vtrack_ray.cli.options import with_output, with_settings
from vtrack_ray.cli.records import print_records, printable
from vtrack_ray.errors import SourceError
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.records import SourceRecord
from vtrack_ray.settings import Settings
from vtrack_ray.sources.reach import trouble_of

_DRIVE = "drive"
_COLUMNS = ("kind", "source", "title", "is_there", "looked_at", "trouble")


@click.group()
def source() -> None:
    """Add, list, test and remove the folders, here or at Google Drive, that the service looks for videos in."""


@source.command()
@click.argument("where", nargs=-1, required=True, metavar="[drive] FOLDER")
@with_settings
def add(where: tuple[str, ...], settings: Settings) -> None:
    """Add a root folder; its first folders are the cameras.

    `drive FOLDER` adds one at Google Drive, by its address in the browser, its id, or its name: one of the account's,
    one shared with it, or a shared drive.
    """
    added = _at_drive(where[1], settings) if _is_at_drive(where) else _on_disk(where)
    with open_answers(settings.DB, create=True) as answers:
        is_new = answers.add_root(added.source, datetime.now(UTC), added.kind, added.title)
    click.echo(printable(f"{added} is a source now." if is_new else f"{added} is a source already."))


@source.command()
@click.argument("where", nargs=-1, required=True, metavar="[drive] FOLDER")
@with_settings
def remove(where: tuple[str, ...], settings: Settings) -> None:
    """Remove a root folder; what is known of its videos stays."""
    with open_answers(settings.DB, create=True) as answers:
        meant = _meant(answers.added_sources(), where)
        if len(meant) > 1:
            listed = ", ".join(map(str, meant))
            raise SourceError(f"{' '.join(where)} names {len(meant)} sources; give one of them by its id: {listed}")
        if not meant or not answers.remove_root(meant[0].source):
            raise SourceError(f"{' '.join(where)} is no source; `vtrack source list` shows them")
    click.echo(printable(f"{meant[0]} is no source any more; what is known of its videos stays."))


@source.command("list")
@with_output
@with_settings
def list_sources(output: str, settings: Settings) -> None:
    """Show the sources, and whether they could be looked into the last time."""
    zone = ZoneInfo(settings.TIME_ZONE)
    with open_answers(settings.DB) as answers:
        sources = answers.added_sources()
    records = [SourceRecord.of(one, zone).model_dump() for one in sources]
    print_records(records, _COLUMNS, output, empty="No source; `vtrack source add FOLDER` adds one.")


@source.command()
@click.argument("where", nargs=-1, metavar="[[drive] FOLDER]")
@with_settings
def test(where: tuple[str, ...], settings: Settings) -> None:
    """Look into the sources now, or into one of them, and say what is wrong; exit status 1 if something is."""
    with open_answers(settings.DB) as answers:
        sources = answers.added_sources()
    meant = _meant(sources, where) if where else sources
    if not meant:
        named = f"{' '.join(where)} is no source" if where else "No source"
        raise SourceError(f"{named}; `vtrack source list` shows them, `vtrack source add` adds one")
    troubles = {str(one): trouble_of(one.source, settings) for one in meant}
    for name, trouble in troubles.items():
        click.echo(printable(f"! {name}: {trouble}" if trouble else f"{name}: well"))
    if any(troubles.values()):
        raise SystemExit(1)


def _is_at_drive(where: Sequence[str]) -> bool:
    return len(where) == 2 and where[0] == _DRIVE


def _at_drive(folder: str, settings: Settings) -> Source:
    # Google's libraries are slow to import, and most have no source there.
    from vtrack_ray.sources.drive import found_folder

    return found_folder(folder, settings)


def _on_disk(where: Sequence[str]) -> Source:
    if len(where) != 1:
        raise click.UsageError(f"give one folder, or `drive` and one at Google Drive, not {' '.join(where)!r}")
    root = Path(where[0]).resolve()
    if not root.is_dir():
        raise SourceError(f"{where[0]} is no folder; name the one that holds the cameras' folders")
    return Source(source=str(root), kind=SourceKind.FOLDER)


def _meant(sources: Sequence[Source], where: Sequence[str]) -> list[Source]:
    """The sources that a person names, as `list` shows them; of a disk that is gone as well.

    A path is one source's; at Google Drive, several folders may have the same name.
    """
    if len(where) > 2 or (len(where) == 2 and not _is_at_drive(where)):
        raise click.UsageError(f"give one folder, or `drive` and one at Google Drive, not {' '.join(where)!r}")
    text = where[-1]
    if not _is_at_drive(where):
        for path in (str(Path(text).absolute()), str(Path(text).resolve())):
            if here := [one for one in sources if one.source == path]:
                return here
    return [one for one in sources if one.kind is SourceKind.DRIVE and _names(text, one)]


def _names(text: str, source: Source) -> bool:
    """Whether a text is the name, the id or the address of a folder at Google Drive."""
    return text in (source.source, source.title) or source.source.removeprefix("drive://") in text
