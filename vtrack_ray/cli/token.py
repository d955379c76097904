"""`vtrack token`: who may use the HTTP service."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from vtrack_ray import instants
from vtrack_ray.cli.options import with_output, with_settings
from vtrack_ray.cli.records import print_records, printable
from vtrack_ray.errors import TokenError
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.meaning.token import NODES, Scope, Token, digest_of, new_secret
from vtrack_ray.settings import Settings


@click.group()
def token() -> None:
    """Make and revoke the tokens that the HTTP service asks for."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    default=Scope.READ.value,
    show_default=True,
    help="What it allows: to read, or to say what the service works on as well.",
)
@with_settings
def add(name: str, scope: str, settings: Settings) -> None:
    """Make a token for somebody, and show it: this once."""
    if not name.strip():
        raise click.BadParameter("it is empty: name whoever is to have the token", param_hint="NAME")
    if name == NODES:
        raise TokenError(f"The service makes a token of the name {name!r} for its own machines; give another name")
    secret = new_secret()
    made = Token(name=name, digest=digest_of(secret), scope=Scope(scope), created_at=datetime.now(UTC))
    with open_answers(settings.DB, create=True) as answers:
        if not answers.add_token(made):
            raise TokenError(f"There is a token of the name {name!r} already; `vtrack token revoke` ends it")
    click.echo(secret)
    click.echo("It is not shown again. Send it with each request, as `Authorization: Bearer ...`.", err=True)


@token.command("list")
@with_output
@with_settings
def list_tokens(output: str, settings: Settings) -> None:
    """Show whose tokens are in force."""
    zone = ZoneInfo(settings.TIME_ZONE)
    with open_answers(settings.DB) as answers:
        records = [
            {"name": one.name, "scope": one.scope.value, "created_at": instants.show(one.created_at, zone)}
            for one in answers.tokens()
        ]
    print_records(
        records, ("name", "scope", "created_at"), output, empty="No token; `vtrack token add NAME` makes one."
    )


@token.command()
@click.argument("name")
@with_settings
def revoke(name: str, settings: Settings) -> None:
    """Have a token no longer be in force, from the next request on."""
    with open_answers(settings.DB, create=True) as answers:
        if not answers.revoke_token(name):
            raise TokenError(f"There is no token of the name {name!r}; `vtrack token list` shows them")
    click.echo(printable(f"The token {name} is no longer in force."))
