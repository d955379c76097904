"""Options that several commands share: the settings, with the database among them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from vtrack_ray import instants
from vtrack_ray.settings import Settings, load_settings

_FILE = click.Path(path_type=Path, dir_okay=False)

_OPTIONS = (
    click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A setting; may be given several times."),
    click.option("--config", type=_FILE, help="A TOML file of settings."),
    click.option("--db", type=_FILE, help="The database file; the same as --set DB=FILE."),
)


class CameraName(click.ParamType[str]):
    """A camera's name: text that is not empty, as it stands in the database."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value:
            self.fail("it is empty; name a camera as `vtrack profile list` shows it", param, ctx)
        if not is_text(value):
            self.fail(f"{value!r} is no UTF-8; name the camera as `vtrack profile list` shows it", param, ctx)
        return value


def is_text(value: str) -> bool:
    """Whether it holds no bytes that are no UTF-8, which the command line gives as surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--db`, `--config` and `--set`; the command gets what they come to as `settings`."""

    @wraps(command)
    def wrapped(*args: Any, db: Path | None, config: Path | None, given: tuple[str, ...], **rest: Any) -> Any:
        return command(*args, settings=_settings(db, config, given), **rest)

    for option in _OPTIONS:
        wrapped = option(wrapped)
    return wrapped


def _settings(db: Path | None, config: Path | None, given: tuple[str, ...]) -> Settings:
    overrides: dict[str, str] = {}
    for pair in given:
        name, separator, value = pair.partition("=")
        if not separator:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="--set")
        overrides[name] = value
    if db is not None:
        overrides["DB"] = str(db)
    return load_settings(overrides, config)


def with_output(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--json` and `--csv`; the command gets `output`: `json`, `csv` or `table`."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
    @wraps(command)
    def wrapped(*args: Any, as_json: bool, as_csv: bool, **rest: Any) -> Any:
        if as_json and as_csv:
            raise click.UsageError("--json and --csv can't both be printed: give one of them")
        return command(*args, output="json" if as_json else "csv" if as_csv else "table", **rest)

    return wrapped


def instant_option(text: str | None, zone: ZoneInfo, option: str) -> datetime | None:
    """The instant that an option gives. Raises BadParameter."""
    try:
        return instants.parse(text, zone) if text else None
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no instant in ISO 8601: {error}", param_hint=option) from error
