"""`vtrack filters`: which recordings the service works on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time

import click

from vtrack_ray.cli.options import is_text, with_settings
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.meaning.filters import DAYS_OF_WEEK, Filters
from vtrack_ray.settings import Settings


class _Hours(click.ParamType[tuple[time, time]]):
    """`08:00-18:00`, as two times of day."""

    name = "HH:MM-HH:MM"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[time, time]:
        begin, _, end = value.partition("-")
        try:
            return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
        except ValueError:
            self.fail(f"{value!r} is no span of time such as 08:00-18:00 or, across midnight, 22:00-06:00", param, ctx)


class _Names(click.ParamType[tuple[str, ...]]):
    """Names with commas between them; `any` means no choice."""

    name = "A,B"

    def __init__(self, allowed: tuple[str, ...] = ()) -> None:
        self._allowed = allowed

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if value.strip().lower() == "any":
            return ()
        names = tuple(name.strip() for name in value.split(",") if name.strip())
        if self._allowed:
            names = tuple(name.lower()[:3] for name in names)
        if not is_text(value):
            self.fail(f"{value!r} is no UTF-8; name cameras as `vtrack profile list` shows them", param, ctx)
        if not names or (self._allowed and not set(names) <= set(self._allowed)):
            self.fail(f"{value!r} must be `any`, or some of {', '.join(self._allowed) or 'your cameras'}", param, ctx)
        return names


@click.group()
def filters() -> None:
    """Choose which recordings the service works on; the others are `skipped`, until the choice changes."""


@filters.command()
@click.option("--cameras", type=_Names(), help="These cameras alone; `any` for all.")
@click.option("--days", type=click.IntRange(0, 36_500), help="No older than so many days when found; 0: any age.")
@click.option("--working-days", type=_Names(DAYS_OF_WEEK), help="Such as mon,tue,wed,thu,fri; `any` for all.")
@click.option("--working-hours", type=_Hours(), help="Of their start, in TIME_ZONE; equal times mean the whole day.")
@with_settings
def set(  # noqa: A001  named for what it does on the command line
    cameras: tuple[str, ...] | None,
    days: int | None,
    working_days: tuple[str, ...] | None,
    working_hours: tuple[time, time] | None,
    settings: Settings,
) -> None:
    """Set filters; what is not given stays as it is. Custom programs heed none."""
    changes: dict[str, object] = {}
    if cameras is not None:
        changes["cameras"] = cameras
    if days is not None:
        changes["days"] = days or None
    if working_days is not None:
        changes["working_days"] = working_days
    if working_hours is not None:
        changes["from_time"], changes["to_time"] = working_hours
    with open_answers(settings.DB, create=True) as answers:
        wanted = Filters.model_validate({**answers.filters().model_dump(), **changes})
        answers.save_filters(wanted, datetime.now(UTC))
    _show(wanted)


@filters.command()
@with_settings
def show(settings: Settings) -> None:
    """Show the filters as JSON."""
    with open_answers(settings.DB) as answers:
        _show(answers.filters())


def _show(wanted: Filters) -> None:
    click.echo(json.dumps(wanted.model_dump(mode="json"), ensure_ascii=False, indent=2))
