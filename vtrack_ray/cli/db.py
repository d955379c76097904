"""`vtrack db`: looks after the database file: checks it, copies it, puts a copy back, folds its events anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from vtrack_ray.cli.options import with_settings
from vtrack_ray.cli.records import printable
from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.ledger.database import READER_S
from vtrack_ray.ledger.files import discard
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.mark import read_mark
from vtrack_ray.pipeline.audit import Audit, audit
from vtrack_ray.pipeline.refold import refold
from vtrack_ray.pipeline.restoration import dated, restore
from vtrack_ray.settings import Settings

_PATH = click.Path(path_type=Path, dir_okay=False)


@click.group()
def db() -> None:
    """Look after the database: check it, back it up, restore it, fold its events anew."""


@db.command()
@with_settings
def check(settings: Settings) -> None:
    """Read the whole database, and check that it is sound and has lost nothing.

    While a run holds it, a copy that the run makes is read instead. Exits with 0 if all is well, and with 1 if not.
    """
    mark = read_mark(settings.DB)  # before the database is read: later, it may have counted on
    with _readable(settings.DB) as (ledger, is_copy):
        found = audit(ledger, settings.DB, mark)
    _tell(settings.DB, found, "a copy of it, as it is in use" if is_copy else "")
    if not found.is_good:
        raise SystemExit(1)


@db.command()
@click.argument("file", required=False, type=_PATH)
@with_settings
def backup(file: Path | None, settings: Settings) -> None:
    """Write a copy of the database to FILE, or beside it under a name that says when; in use or not."""
    copy = file or dated(settings.DB, datetime.now(UTC))
    with open_answers(settings.DB) as answers:
        answers.backup(copy.absolute())
    click.echo(printable(f"Written to {copy.absolute()} ({_size(copy)})."))


@db.command("restore")
@click.argument("file", type=_PATH)
@with_settings
def restore_(file: Path, settings: Settings) -> None:
    """Put the backup FILE in the database's place, if it is sound; the former database is kept beside it."""
    restored = restore(file.absolute(), settings.DB, datetime.now(UTC))
    _tell(settings.DB, restored.audit, f"restored from {file.absolute()}")
    if restored.kept:
        click.echo(printable(f"The former database is kept as {restored.kept}."))


@db.command()
@with_settings
def rebuild(settings: Settings) -> None:
    """Fold all events anew from the sampling logs, whatever is left of the former ones; no video is read."""
    if not settings.DB.exists():
        raise LedgerError(f"There is no database {settings.DB}: nothing has been run yet. Start with `vtrack run`.")
    with Ledger.open(settings.DB, wait_s=READER_S) as ledger:
        cameras = refold(ledger)
        events = [event for camera in cameras for event in camera.events]
        ledger.remake_events(events)
        waiting = len(ledger.unconcluded())
    click.echo(f"{len(events)} events of {len(cameras)} cameras were folded anew.")
    for camera in cameras:
        if not camera.is_certain:
            _note(
                f"Camera {camera.camera_name}: its videos come from more than one packing profile, or one that is not "
                "kept. `vtrack run` on its recordings does those of another profile again."
            )
    if waiting:
        _note(f"{waiting} videos are not done: their events come when `vtrack run` has done them.")


@contextmanager
def _readable(database: Path) -> Iterator[tuple[Ledger, bool]]:
    """The database for reading; if it is in use, a copy that its owner makes."""
    with open_answers(database) as answers:
        if isinstance(answers, Ledger):
            yield answers, False
            return
        copy = database.with_name(database.name + ".checking")
        answers.backup(copy)
    try:
        with Ledger.open(copy, read_only=True) as ledger:
            yield ledger, True
    finally:
        discard(copy)


def _tell(database: Path, found: Audit, what: str) -> None:
    rows = sum(found.rows.values())
    compared = f", {found.events_compared} of them compared with the sampling logs"
    lines = [
        f"database  {database} ({_size(database)})" + (f": {what}" if what else ""),
        f"tables    {len(found.rows)} read to their end, {rows} rows",
        f"videos    {found.videos}",
        f"events    {found.events}{compared}",
        f"commits   {found.commits.commits if found.commits else 'not counted'}",
    ]
    for line in lines:
        click.echo(printable(line))
    for note in found.notes:
        _note(note)
    for fault in found.faults:
        click.echo(printable(f"! {fault}"))
    click.echo("All is well." if found.is_good else "Not all is well.")


def _note(text: str) -> None:
    click.echo(printable(f"? {text}"))


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"
