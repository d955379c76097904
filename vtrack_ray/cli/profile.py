"""`vtrack profile`: packing profiles on the command line and as a TOML file."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import tomli_w

from vtrack_ray.cli.nothing import cameras_without_videos, tell
from vtrack_ray.cli.options import CameraName, with_output, with_settings
from vtrack_ray.cli.records import counted, json_text, print_records
from vtrack_ray.errors import ProfileError
from vtrack_ray.ledger.answers import Answers, open_answers
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.pipeline.tailoring import fitting, tailored
from vtrack_ray.settings import Settings

_COLUMNS = ("camera_name", "origin", "qr_trigger_area", "packing_area", "trigger_text", "code_pattern", "symbologies")

_OWN_TO_A_DATABASE = {"camera_name", "origin", "trigger_found_at"}
"""Fields that are not exported: the name is the table's, the others tell how the profile came about."""

_CLEARED_BY_NONE = {"packing_area", "qr_trigger_area", "search_interval_s"}


@click.group()
def profile() -> None:
    """Show and set what each camera's pictures mean."""


@profile.command("list")
@with_output
@with_settings
def list_(output: str, settings: Settings) -> None:
    """Show all profiles."""
    with open_answers(settings.DB) as answers:
        records = [p.model_dump(mode="json") for p in answers.profiles()]
    print_records(records, _COLUMNS, output, empty="No profiles: vtrack run makes them, vtrack profile set too.")


@profile.command()
@click.argument("camera_name", type=CameraName())
@with_settings
def show(camera_name: str, settings: Settings) -> None:
    """Show one camera's profile as JSON."""
    with open_answers(settings.DB) as answers:
        found = _existing(answers, camera_name)
    click.echo(json_text(found.model_dump(mode="json")))


@profile.command("set")
@click.argument("camera_name", type=CameraName())
@click.option("--packing-area", metavar="X,Y,W,H", help="Where labels are looked for, in pixels; 'none': everywhere.")
@click.option("--qr-trigger-area", metavar="X,Y,W,H", help="Where the trigger card lies; 'none': there is no card.")
@click.option(
    "--find-trigger/--no-find-trigger", default=None, help="Look for the card anew in all videos; or never again."
)
@click.option("--trigger-text", help="The text of the trigger card's QR code.")
@click.option("--code-pattern", help="Regular expression that a tracking code's whole text matches.")
@click.option("--symbologies", help="Kinds of barcode on labels, such as QRCode,Code128.")
@click.option("--min-packing-s", type=float, help="Shortest packing in seconds.")
@click.option("--max-packing-s", type=float, help="Longest packing in seconds.")
@click.option("--sampling-interval-s", type=float, help="Seconds between samples where pictures are taken regularly.")
@click.option(
    "--search-interval-s",
    metavar="FLOAT",
    help="Seconds between two searches of a packing for codes; 'none': mostly at keyframes.",
)
@click.option("--continuation-gap-s", type=float, help="Longest gap between two videos that an event may cross.")
@click.option("--clip-margin-s", type=float, help="Seconds shown before and after an event in its clip.")
@with_settings
def set_(camera_name: str, settings: Settings, **given: str | float | bool | None) -> None:
    """Set a camera's profile, as far as options are given; what was found by itself is never put back over it."""
    changes = {name: _parsed(name, value) for name, value in given.items() if value is not None}
    if not changes:
        raise click.UsageError("nothing to set: give at least one option, such as --packing-area 0,0,1280,720")
    if changes.get("find_trigger") and "qr_trigger_area" in changes:
        raise click.UsageError("--find-trigger looks for the card that --qr-trigger-area tells of: give one of them")
    with open_answers(settings.DB, create=True) as answers:
        tailored(answers, camera_name, changes)
        hints = list(cameras_without_videos(answers, [camera_name]))
    click.echo(f"Profile of {camera_name} set; the next run samples its videos again where that changes anything.")
    tell(hints)


@profile.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@with_settings
def import_(file: Path, settings: Settings) -> None:
    """Set profiles from a TOML file, as `export` writes it: one table [camera."NAME"] each."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"{file} can't be read: {error.strerror}; correct its permissions") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{file} is not TOML: {error}") from error
    cameras = tables.pop("camera", {})
    if tables or not isinstance(cameras, dict) or not all(isinstance(t, dict) for t in cameras.values()):
        raise ProfileError(f'{file} must hold tables of the form [camera."NAME"] and nothing else')
    with open_answers(settings.DB, create=True) as answers:
        checked = [
            fitting(answers, {"find_trigger": "qr_trigger_area" not in table} | table | _own(name))
            for name, table in cameras.items()
        ]
        for one in checked:
            if one.find_trigger and one.qr_trigger_area is None:
                answers.forget_survey(one.camera_name)
            answers.save_profile(one)
        hints = list(cameras_without_videos(answers, cameras))
    click.echo(f"{counted(len(checked), 'profile')} set.")
    tell(hints)


@profile.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@with_settings
def export(file: Path | None, settings: Settings) -> None:
    """Write all profiles as TOML, to FILE or to standard output."""
    with open_answers(settings.DB) as answers:
        profiles = answers.profiles()
    cameras = {
        p.camera_name: p.model_dump(mode="json", exclude=_OWN_TO_A_DATABASE, exclude_none=True) for p in profiles
    }
    text = tomli_w.dumps({"camera": cameras})
    if file is None:
        sys.stdout.write(text)
    else:
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ProfileError(f"{file} can't be written: {error.strerror}; name a file in another folder") from error
        click.echo(f"{len(cameras)} profiles written to {file}.")


def _own(camera_name: str) -> dict[str, Any]:
    return {"camera_name": camera_name, "origin": "person"}


def _existing(answers: Answers, camera_name: str) -> Profile:
    found = answers.profile(camera_name)
    if found is None:
        known = ", ".join(p.camera_name for p in answers.profiles()) or "none yet"
        raise ProfileError(f"there is no profile of camera {camera_name!r}; there are: {known}")
    return found


def _parsed(name: str, value: str | float | bool) -> Any:
    """An option's value as the profile's field takes it."""
    if not isinstance(value, str):
        return value
    if name in _CLEARED_BY_NONE and value.lower() == "none":
        return None
    if name.endswith("_area"):
        return _area(name, value)
    return value.split(",") if name == "symbologies" else value


def _area(name: str, value: str) -> list[int]:
    try:
        x, y, width, height = (int(part) for part in value.split(","))
    except ValueError as error:
        hint = "--" + name.replace("_", "-")
        raise click.BadParameter(f"{value!r} is not X,Y,WIDTH,HEIGHT in whole pixels", param_hint=hint) from error
    return [x, y, width, height]
