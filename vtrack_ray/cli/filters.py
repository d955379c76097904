"""`vtrack filters`: which recordings the service works on."""

from __future__ import annotations

from datetime import UTC, datetime, time

import click

from vtrack_ray.cli.nothing import cameras_without_videos, tell
from vtrack_ray.cli.options import is_text, with_settings
from vtrack_ray.cli.records import json_text
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.meaning.filters import DAYS_OF_WEEK, Filters
from vtrack_ray.settings import Settings

_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY = 3
"""Letters that tell the days apart."""


class _Hours(click.ParamType[tuple[time, time]]):
    """`08:00-18:00`, as two times of day."""

    name = "HH:MM-HH:MM"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[time, time]:
        begin, _, end = value.partition("-")
        try:
            hours = time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
        except ValueError:
            self.fail(f"{value!r} is no span of time such as 08:00-18:00 or, across midnight, 22:00-06:00", param, ctx)
        if any(one.tzinfo for one in hours):
            self.fail(f"{value!r} has an offset; give times as clocks in TIME_ZONE show them: 08:00-18:00", param, ctx)
        return hours


class _Cameras(click.ParamType[tuple[str, ...]]):
    """Cameras with commas between them; `any` means no choice."""

    name = "A,B"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if not is_text(value):
            self.fail(f"{value!r} is no UTF-8; name cameras as `vtrack profile list` shows them", param, ctx)
        if _is_any(value):
            return ()
        names = _named(value)
        if not names:
            self.fail(f"{value!r} must be `any`, or some of your cameras", param, ctx)
        return names


class _Days(click.ParamType[tuple[str, ...]]):
    """Days of the week with commas between them, by their first three letters or more; `any` means no choice."""

    name = "A,B"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if _is_any(value):
            return ()
        days = [_day(name) for name in _named(value)]
        found = tuple(day for day in days if day)
        if not found or len(found) < len(days):
            self.fail(f"{value!r} must be `any`, or some of {', '.join(DAYS_OF_WEEK)}", param, ctx)
        return found


def _is_any(value: str) -> bool:
    return value.strip().lower() == "any"


def _named(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _day(name: str) -> str | None:
    """The day of the week that is meant, if it is one."""
    if len(name) < _SHORTEST_DAY:
        return None
    return next(
        (day for day, long in zip(DAYS_OF_WEEK, _LONG_DAYS, strict=True) if long.startswith(name.lower())), None
    )


@click.group()
def filters() -> None:
    """Choose which recordings the service works on; the others are `skipped`, until the choice changes."""


@filters.command("set")
@click.option("--cameras", type=_Cameras(), help="These cameras alone; `any` for all.")
@click.option("--days", type=click.IntRange(0, 36_500), help="No older than so many days when found; 0: any age.")
@click.option("--working-days", type=_Days(), help="Such as mon,tue,wed,thu,fri; `any` for all.")
@click.option("--working-hours", type=_Hours(), help="Of their start, in TIME_ZONE; equal times mean the whole day.")
@with_settings
def set_(
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
        hints = list(cameras_without_videos(answers, cameras or ()))
    _show(wanted)
    tell(hints)


@filters.command()
@with_settings
def show(settings: Settings) -> None:
    """Show the filters as JSON."""
    with open_answers(settings.DB) as answers:
        _show(answers.filters())


def _show(wanted: Filters) -> None:
    click.echo(json_text(wanted.model_dump(mode="json")))
