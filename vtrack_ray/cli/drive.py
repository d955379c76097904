"""`vtrack drive`: who is signed in at Google Drive, and where results go there."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import click

from vtrack_ray import instants
from vtrack_ray.cli.options import with_settings
from vtrack_ray.cli.records import printable
from vtrack_ray.drive.account import (
    Account,
    Kind,
    Purpose,
    account_path,
    forget_account,
    keep_account,
    load_account,
)
from vtrack_ray.drive.patience import Patience
from vtrack_ray.errors import DriveError, DriveGone, DriveUnreachable
from vtrack_ray.ledger.answers import Answers, open_answers
from vtrack_ray.meaning.result import ResultFile, ResultsFolder
from vtrack_ray.pipeline.launcher import LocalLauncher
from vtrack_ray.pipeline.results import Results
from vtrack_ray.settings import Settings

_PATIENCE = Patience(tries=4)
"""A person waits."""
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def drive() -> None:
    """Sign in at Google Drive, and have results sent there."""


@drive.command()
@click.option("--key", type=_FILE, help="The file of a service account's key.")
@click.option("--client-secrets", type=_FILE, help="The file of an OAuth client, for a person.")
@click.option(
    "--only",
    type=click.Choice([purpose.value for purpose in Purpose]),
    help="Ask the person for this alone: to read sources, or to write results.",
)
@click.option("--no-browser", is_flag=True, help="Show the address to open, in a browser on any machine.")
@with_settings
def login(
    key: Path | None, client_secrets: Path | None, only: str | None, no_browser: bool, settings: Settings
) -> None:
    """Sign in, as a service account or as a person."""
    from vtrack_ray.drive import sign_in

    purposes = [Purpose(only)] if only else list(Purpose)
    if key and not client_secrets:
        account = sign_in.by_key(key)
    elif client_secrets and not key:
        account = sign_in.by_consent(client_secrets, purposes, _pasted if no_browser else None)
    else:
        raise click.UsageError("Give --key FILE for a service account, or --client-secrets FILE for a person.")
    account = account.model_copy(update={"email": _whose(account, purposes[0], settings)})
    path = account_path(settings.DB)
    keep_account(path, account)
    click.echo(printable(f"Signed in as {account.email}; kept in {path}, which only you can read."))
    if account.kind is Kind.SERVICE_ACCOUNT:
        click.echo(f"It sees what is shared with it: share folders at Google Drive with {account.email}.")


def _pasted(address: str) -> str:
    click.echo(f"Open this address in a browser, on any machine, and allow what it asks for:\n\n{address}\n")
    click.echo("The browser ends at a page that can't be opened. Copy that page's address from its address bar.")
    return str(click.prompt("Its address", prompt_suffix=": "))


def _whose(account: Account, purpose: Purpose, settings: Settings) -> str:
    from vtrack_ray.drive.client import Drive
    from vtrack_ray.drive.sign_in import whose

    with Drive(account, purpose, settings.DRIVE_ENDPOINT, patience=_PATIENCE) as opened:
        return whose(opened)


@drive.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_settings
def status(as_json: bool, settings: Settings) -> None:
    """Show who is signed in, whether Google still allows it, and where results go."""
    path = account_path(settings.DB)
    account = load_account(path)
    folder, files = _results(settings)
    refused = _refused(account, settings)
    record = {
        "account": account.email,
        "kind": str(account.kind),
        "scopes": [account.scope(purpose) for purpose in Purpose if account.may(purpose)],
        "file": str(path),
        "refused": str(refused) if refused else None,
        "results_folder": folder and {"id": folder.folder_id, "name": folder.name},
        "results": sum(file.sent_at is not None for file in files),
        "last_sent_at": _last(files, settings),
    }
    click.echo(json.dumps(record, ensure_ascii=False, indent=2) if as_json else printable("\n".join(_lines(record))))
    if refused:
        raise refused


def _lines(record: dict[str, Any]) -> list[str]:
    folder = record["results_folder"]
    sent = f"{record['results']} files, the last one sent {record['last_sent_at']}" if record["results"] else "none yet"
    return [
        f"account: {record['account']} ({record['kind']}), kept in {record['file']}",
        f"scopes: {', '.join(scope.rpartition('/')[2] for scope in record['scopes'])}",
        f"access: {'refused' if record['refused'] else 'in force'}",
        f"results: {sent} in the folder {folder['name']}" if folder else "results: no folder is chosen",
    ]


def _refused(account: Account, settings: Settings) -> DriveError | None:
    try:
        for purpose in Purpose:
            if account.may(purpose):
                _whose(account, purpose, settings)
    except DriveError as error:
        return error
    return None


def _results(settings: Settings) -> tuple[ResultsFolder | None, list[ResultFile]]:
    if not settings.DB.exists():
        return None, []
    with open_answers(settings.DB) as answers:
        return answers.results_folder(), answers.results()


def _last(files: list[ResultFile], settings: Settings) -> str | None:
    sent = [file.sent_at for file in files if file.sent_at]
    return instants.show(max(sent), ZoneInfo(settings.TIME_ZONE)) if sent else None


@drive.command()
@click.option("--unrevoked", is_flag=True, help="Delete the tokens here alone, should Google be out of reach.")
@with_settings
def logout(unrevoked: bool, settings: Settings) -> None:
    """Revoke the sign-in at Google, and delete it here."""
    path = account_path(settings.DB)
    account = load_account(path)
    if account.kind is Kind.PERSON and not unrevoked:
        from vtrack_ray.drive.sign_in import revoke

        try:
            revoke(account)
        except DriveUnreachable as error:
            raise DriveUnreachable(f"{error}; nothing was deleted here. --unrevoked deletes it all the same") from error
    forget_account(path)
    click.echo(printable(f"{account.email} is signed out, and {path} is deleted."))
    if account.kind is Kind.SERVICE_ACCOUNT:
        click.echo("Its key is in force until it is deleted in Google's console, under `Keys`.")
    elif unrevoked:
        click.echo("Google was not told: https://myaccount.google.com/connections ends the access there.")


@drive.command()
@click.argument("folder", required=False)
@click.option("--new", metavar="NAME", help="Make a folder of that name in My Drive; it may be moved and shared there.")
@click.option("--off", is_flag=True, help="Send no results any more; what was sent stays.")
@with_settings
def results(folder: str | None, new: str | None, off: bool, settings: Settings) -> None:
    """Choose the folder that events are sent to: by its address at Google Drive, or a new one."""
    if sum(map(bool, (folder, new, off))) != 1:
        raise click.UsageError("Give a folder's address, --new NAME or --off; `vtrack drive status` shows what is set.")
    chosen = None if off else _chosen(folder, new, settings)
    with open_answers(settings.DB, create=True) as answers:
        answers.choose_results_folder(chosen, datetime.now(UTC))
    if chosen is None:
        click.echo("No results are sent any more; what was sent stays.")
        return
    address = f"https://drive.google.com/drive/folders/{chosen.folder_id}"
    click.echo(printable(f"Events are sent to the folder {chosen.name}: {address}"))


def _chosen(text: str | None, new: str | None, settings: Settings) -> ResultsFolder:
    from vtrack_ray.drive.client import Drive
    from vtrack_ray.drive.folder import folder_id_of, make_folder, open_folder

    account = load_account(account_path(settings.DB))
    before, _ = _results(settings)
    owner = before.owner if before else uuid4().hex
    with Drive(account, Purpose.RESULTS, settings.DRIVE_ENDPOINT, patience=_PATIENCE) as opened:
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


@drive.command()
@with_settings
def send(settings: Settings) -> None:
    """Send the results that are due, now; the service does it by itself."""
    if _results(settings)[0] is None:
        raise DriveError("No folder is chosen for results; `vtrack drive results` chooses one")
    with open_answers(settings.DB, create=True) as answers:
        store = _AnswersStore(answers)
        sent = asyncio.run(Results(settings, store, LocalLauncher(), lambda: datetime.now(UTC)).send())
    click.echo(f"{sent} files were sent." if sent else "Nothing is due: every day that is done with was sent.")


class _AnswersStore:
    """The ledger, whoever holds it, as results ask it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def __call__(self, method: Any, /, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._answers, method.__name__)(*args, **kwargs)
