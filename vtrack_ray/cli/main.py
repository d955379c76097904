"""The `vtrack` command."""

from __future__ import annotations

from typing import Any

import click

from vtrack_ray import __version__
from vtrack_ray.cli.db import db
from vtrack_ray.cli.demo import demo
from vtrack_ray.cli.doctor import doctor
from vtrack_ray.cli.events import events
from vtrack_ray.cli.filters import filters
from vtrack_ray.cli.footage import footage
from vtrack_ray.cli.profile import profile
from vtrack_ray.cli.program import program
from vtrack_ray.cli.run import run
from vtrack_ray.cli.source import source
from vtrack_ray.cli.status import history, status
from vtrack_ray.cli.up import down, up
from vtrack_ray.cli.videos import videos
from vtrack_ray.errors import VtrackError


class _Plainly(click.Group):
    """Shows an error that was raised on purpose as its sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except VtrackError as error:
            said = str(error)
        # Said when the error is gone, and with it all that its traceback holds on to, such as an open database.
        click.echo(f"Error: {said}", err=True)
        raise click.exceptions.Exit(1)


@click.group(cls=_Plainly, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="vtrack")
def main() -> None:
    """Find packing events by tracking code in recorded packing-table videos."""


_COMMANDS = (
    run, events, videos, profile, up, down, source, filters, program, status, history, db, footage, doctor, demo,
)  # fmt: skip

for command in _COMMANDS:
    main.add_command(command)
