"""`vtrack down`: the service's end."""

from __future__ import annotations

import os
import signal
import time

import click

from vtrack_ray.cli.options import with_settings
from vtrack_ray.errors import ClusterError
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.settings import Settings

_LOOK_AGAIN_S = 0.2
_ENDING_S = 60.0
"""What is given back, and Ray's end, take some seconds beyond `STOP_SECONDS`."""


@click.command()
@with_settings
def down(settings: Settings) -> None:
    """End the service in good order, and wait until it has ended."""
    pid = server_of(settings.DB)
    if pid is None:
        click.echo("No service is running.")
        return
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError as error:
        raise ClusterError(f"The service is process {pid} of another user; that one can end it") from error
    deadline = time.monotonic() + settings.STOP_SECONDS + _ENDING_S
    while server_of(settings.DB) == pid:
        if time.monotonic() > deadline:
            raise ClusterError(
                f"The service, process {pid}, has not ended yet; `vtrack down` once more ends it at once"
            )
        time.sleep(_LOOK_AGAIN_S)
    click.echo("The service has ended.")
