"""`vtrack drive`: who is signed in at Google Drive."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from vtrack_ray import instants
from vtrack_ray.cli.drive_results import PATIENCE, kept_results, results, send
from vtrack_ray.cli.options import with_settings
from vtrack_ray.cli.records import json_text, printable
from vtrack_ray.drive.account import (
    Account,
    Kind,
    Purpose,
    account_path,
    forget_account,
    keep_account,
    load_account,
)
from vtrack_ray.errors import DriveError, DriveUnreachable
from vtrack_ray.settings import Settings

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

    with Drive(account, purpose, settings.DRIVE_ENDPOINT, patience=PATIENCE) as opened:
        return whose(opened)


@drive.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_settings
def status(as_json: bool, settings: Settings) -> None:
    """Show who is signed in, whether Google still allows it, and where results go."""
    path = account_path(settings.DB)
    account = load_account(path)
    folder, kept, clips = kept_results(settings)
    sent = [file.sent_at for file in kept if file.sent_at and not file.is_folder]
    refused = _refused(account, settings)
    record = {
        "account": account.email,
        "kind": str(account.kind),
        "scopes": [account.scope(purpose) for purpose in Purpose if account.may(purpose)],
        "file": str(path),
        "refused": str(refused) if refused else None,
        "results_folder": folder and {"id": folder.folder_id, "name": folder.name},
        "results": len(sent),
        "last_sent_at": _shown(max(sent, default=None), settings),
        "clips": folder
        and {
            "wanted": folder.clips,
            "sent": clips.sent,
            "last_sent_at": _shown(clips.last_sent_at, settings),
            "failed": clips.failed,
        },
    }
    click.echo(json_text(record) if as_json else printable("\n".join(_lines(record))))
    if refused:
        raise refused


def _lines(record: dict[str, Any]) -> list[str]:
    folder = record["results_folder"]
    sent = f"{record['results']} files, the last one sent {record['last_sent_at']}" if record["results"] else "none yet"
    clips = _of_clips(record["clips"])
    return [
        f"account: {record['account']} ({record['kind']}), kept in {record['file']}",
        f"scopes: {', '.join(scope.rpartition('/')[2] for scope in record['scopes'])}",
        f"access: {'refused' if record['refused'] else 'in force'}",
        f"results: {sent} in the folder {folder['name']}" if folder else "results: no folder is chosen",
        *([f"clips: {clips}"] if clips else []),
    ]


def _of_clips(clips: dict[str, Any] | None) -> str | None:
    """What there is to say of clips: nothing where they were never wanted."""
    if not clips or not (clips["wanted"] or clips["sent"]):
        return None
    sent = f"{clips['sent']} sent, the last one {clips['last_sent_at']}" if clips["sent"] else "none sent yet"
    failed = f"; {clips['failed']} could not be sent (`vtrack history --kind trouble`)" if clips["failed"] else ""
    return f"{sent}{failed}" if clips["wanted"] else f"{sent}; they are no longer sent"


def _refused(account: Account, settings: Settings) -> DriveError | None:
    try:
        for purpose in Purpose:
            if account.may(purpose):
                _whose(account, purpose, settings)
    except DriveError as error:
        return error
    return None


def _shown(at: datetime | None, settings: Settings) -> str | None:
    return instants.show(at, ZoneInfo(settings.TIME_ZONE)) if at else None


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


drive.add_command(results)
drive.add_command(send)
