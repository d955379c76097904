"""`vtrack doctor`: what this machine has of what is needed, and what to do about the rest."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vtrack_ray.checks.checkup import checkup
from vtrack_ray.checks.finding import Finding, Verdict
from vtrack_ray.cli.options import with_settings
from vtrack_ray.cli.records import json_text
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.settings import Settings

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAULT: "bold red"}


@click.command()
@click.option("--deep", is_flag=True, help="Also start Ray on this machine, run a task and stop it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of {name, verdict, found, advice}.")
@with_settings
def doctor(deep: bool, as_json: bool, settings: Settings) -> None:
    """Check what this machine needs, and say what to do about each fault.

    The exit status is 1 if there is a fault; a warning alone leaves it at 0.
    """
    findings = list(checkup(settings.DB, server_of(settings.DB), settings.HTTP_PORT, deep=deep))
    if as_json:
        click.echo(json_text([asdict(finding) for finding in findings]))
    else:
        Console().print(_table(findings))
    if any(finding.verdict is Verdict.FAULT for finding in findings):
        sys.exit(1)


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("check", "", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        verdict = f"[{_STYLES[finding.verdict]}]{finding.verdict}[/]"
        table.add_row(finding.name, verdict, escape(finding.found), escape(finding.advice or ""))
    return table
