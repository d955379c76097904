"""`vtrack drive results` and `send`: where results go at Google Drive, and having them sent there now."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import click

from vtrack_ray.cli.options import with_settings
from vtrack_ray.cli.records import printable
from vtrack_ray.drive.account import Kind, Purpose, account_path, load_account
from vtrack_ray.drive.patience import Patience
from vtrack_ray.errors import DriveError, DriveGone
from vtrack_ray.ledger.answers import Answers, open_answers
from vtrack_ray.meaning.occurrence import Occurrence
from vtrack_ray.meaning.result import ClipCounts, ResultFile, ResultsFolder
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.launcher import LocalLauncher, Store
from vtrack_ray.pipeline.observer import Nobody
from vtrack_ray.pipeline.results import Results
from vtrack_ray.settings import Settings

PATIENCE = Patience(tries=4)
"""A person waits."""


def kept_results(settings: Settings) -> tuple[ResultsFolder | None, list[ResultFile], ClipCounts]:
    """The folder that is chosen, what has been sent to it, and how many clips."""
    if not settings.DB.exists():
        return None, [], ClipCounts(sent=0, last_sent_at=None, failed=0)
    with open_answers(settings.DB) as answers:
        return answers.results_folder(), answers.results(), answers.clip_counts()


@click.command()
@click.argument("folder", required=False)
@click.option("--new", metavar="NAME", help="Make a folder of that name in My Drive; it may be moved and shared there.")
@click.option("--off", is_flag=True, help="Send no results any more; what was sent stays.")
@click.option(
    "--clips/--no-clips",
    default=None,
    help="Whether clips of events are sent there too; without a folder, to the one that is chosen.",
)
@with_settings
def results(folder: str | None, new: str | None, off: bool, clips: bool | None, settings: Settings) -> None:
    """Choose the folder that events are sent to: by its address at Google Drive, or a new one."""
    before = None if off else kept_results(settings)[0]
    asked = sum(map(bool, (folder, new, off)))
    if asked > 1 or (asked == 0 and clips is None):
        raise click.UsageError(
            "Give a folder's address, --new NAME or --off, or change what goes to the chosen one with --clips or"
            " --no-clips; `vtrack drive status` shows what is set."
        )
    if asked == 0 and before is None:
        raise DriveError("No folder is chosen for results, to which clips could go; give its address, or --new NAME")
    chosen = None if off else _chosen(folder, new, before, settings) if asked else before
    if chosen:
        chosen = replace(chosen, clips=clips if clips is not None else before is not None and before.clips)
    with open_answers(settings.DB, create=True) as answers:
        answers.choose_results_folder(chosen, datetime.now(UTC))
    if chosen is None:
        click.echo("No results are sent any more; what was sent stays.")
        return
    address = f"https://drive.google.com/drive/folders/{chosen.folder_id}"
    what = "Events, and a clip of each, are" if chosen.clips else "Events are"
    click.echo(printable(f"{what} sent to the folder {chosen.name}: {address}"))


def _chosen(text: str | None, new: str | None, before: ResultsFolder | None, settings: Settings) -> ResultsFolder:
    from vtrack_ray.drive.client import Drive
    from vtrack_ray.drive.folder import folder_id_of, make_folder, open_folder

    account = load_account(account_path(settings.DB))
    owner = before.owner if before else _former_owner(settings) or uuid4().hex
    with Drive(account, Purpose.RESULTS, settings.DRIVE_ENDPOINT, patience=PATIENCE) as opened:
        if new:
            if account.kind is Kind.SERVICE_ACCOUNT:
                raise DriveError(
                    "A service account has no room of its own: make a folder in a shared drive, share it with"
                    f" {account.email} as `Content manager`, and give its address"
                )
            return make_folder(opened, new, owner)
        try:
            return open_folder(opened, folder_id_of(text or ""), owner)
        except DriveGone as error:
            if account.kind is Kind.SERVICE_ACCOUNT:
                raise
            raise DriveGone(
                f"{error}. A person's sign-in lets vtrack write in folders alone that it has made:"
                " --new NAME makes one, which may then be moved and shared"
            ) from error


def _former_owner(settings: Settings) -> str | None:
    if not settings.DB.exists():
        return None
    with open_answers(settings.DB) as answers:
        return answers.results_owner()


@click.command()
@with_settings
def send(settings: Settings) -> None:
    """Send the results that are due, now; the service does it by itself."""
    if kept_results(settings)[0] is None:
        raise DriveError("No folder is chosen for results; `vtrack drive results` chooses one")
    from vtrack_ray.footage.origin import reading_by  # what reads recordings takes a while to import

    with open_answers(settings.DB, create=True) as answers, reading_by(settings):
        told = _Told()
        files, clips = asyncio.run(_send(settings, _AnswersStore(answers), told))
    if files:
        click.echo(f"{files} files were sent.")
    if clips:
        click.echo(f"{clips} clips were sent.")
    if not (files or clips or told.texts):
        click.echo("Nothing is due: every day that is done with was sent.")
    for text in told.texts:
        click.echo(printable(text), err=True)


async def _send(settings: Settings, store: Store, told: _Told) -> tuple[int, int]:
    """Sends all that is due, clips that could not be sent before included; how many files of events, and clips."""
    from vtrack_ray.pipeline.clips import Clips

    def now() -> datetime:
        return datetime.now(UTC)

    launcher = LocalLauncher()
    files = await Results(settings, store, launcher, now).send()
    clips = Clips(settings, store, launcher, Chronicle(store, told, now), now)
    began, sent, are_more = now(), 0, True
    while are_more:
        of_round, are_more = await clips.send(began)
        sent += of_round
    return files, sent


class _Told(Nobody):
    """Remembers what goes into the history, to say it to who waits."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def occurred(self, occurrence: Occurrence) -> None:
        self.texts.append(occurrence.text)


class _AnswersStore:
    """The ledger, whoever holds it, as results ask it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def __call__(self, method: Any, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._answers, method.__name__)(*args, **kwargs)
