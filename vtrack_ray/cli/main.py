"""The `vtrack` command."""

from __future__ import annotations

from typing import Any

import click

from vtrack_ray import __version__
from vtrack_ray.cli.lazy import LazyGroup
from vtrack_ray.errors import SettingsError, VtrackError

_WRONG = 2
"""Exit status where the command itself, or a setting, is wrong, as click has it: it is as wrong the next time."""


class _Plainly(LazyGroup):
    """Shows an error that was raised on purpose as its sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except VtrackError as error:
            said, status = str(error), _WRONG if isinstance(error, SettingsError) else 1
        # Said when the error is gone, and with it all that its traceback holds on to, such as an open database.
        click.echo(f"Error: {said}", err=True)
        raise click.exceptions.Exit(status)


_COMMANDS = (
    "run", "events", "videos", "profile", "up", "down", "node", "source", "filters", "program", "status", "history",
    "db", "token", "drive", "footage", "doctor", "demo",
)  # fmt: skip


@click.group(
    cls=_Plainly,
    package="vtrack_ray.cli",
    modules=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="vtrack")
def main() -> None:
    """Find packing events by tracking code in recorded packing-table videos."""
