"""`vtrack footage`: packing-station footage made to order, with its truth."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from vtrack_ray import instants
from vtrack_ray.cli.records import counted
from vtrack_ray.errors import VtrackError
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Border, Codec, Container, Look, Order, Packing, Preset, Recording, Symbology

_PACKING, _LOOK, _RECORDING = Packing(), Look(), Recording()


def _choice(literal: object) -> click.Choice[str]:
    return click.Choice([str(name) for name in get_args(literal)])


def _zone(_context: click.Context, _option: click.Parameter, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise click.BadParameter(f"{name!r} is not a time zone's name, such as Asia/Ho_Chi_Minh") from error


def _instant(_context: click.Context, _option: click.Parameter, text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no ISO 8601 date and time, such as 2026-11-01T08:00:00") from error
    return text


@click.command(context_settings={"show_default": True})
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", default=1, help="The same seed gives the same footage.")
@click.option("--cameras", default=1, type=click.IntRange(1), help="How many cameras: cam1, cam2, ...")
@click.option("--events", default=_PACKING.events, help="Packings per camera.")
@click.option("--event-s", nargs=2, default=_PACKING.event_s, type=float, help="Shortest and longest packing, seconds.")
@click.option("--idle-s", nargs=2, default=_PACKING.idle_s, type=float, help="Shortest and longest pause, seconds.")
@click.option("--before-s", default=_PACKING.before_s, help="Idle time before the first packing, seconds.")
@click.option("--after-s", default=_PACKING.after_s, help="Idle time after the last packing, seconds.")
@click.option("--trigger-card/--no-trigger-card", default=True, help="A TimeGo card lies on the table.")
@click.option("--label-s", type=float, show_default="the second half of the packing", help="Time a label shows.")
@click.option("--two-codes", is_flag=True, help="Two labels on every parcel.")
@click.option("--unlabelled", multiple=True, type=int, help="Number (from 1) of a packing with no label; repeatable.")
@click.option("--symbology", default=_PACKING.symbology, type=_choice(Symbology), help="The labels' kind of barcode.")
@click.option("--cut-short", is_flag=True, help="It ends within the last packing; not with --borders event.")
@click.option("--hands-over-label", is_flag=True, help="Hands pass over the labels: half of the time no code is whole.")
@click.option("--passing-hands", default=0, help="Pauses in which a hand passes over the card, under a second.")
@click.option("--lifted-s", default=_PACKING.lifted_s, help="Time each parcel is off the card once while packed.")
@click.option("--width-px", default=_LOOK.width_px, help="Width of the picture.")
@click.option("--height-px", default=_LOOK.height_px, help="Height of the picture.")
@click.option("--card-module-px", type=float, show_default="6 at 1080 lines", help="The trigger card's module.")
@click.option("--label-module-px", default=_LOOK.label_module_px, help="The labels' module.")
@click.option("--tilt-deg", default=_LOOK.tilt_deg, help="How far labels lean away, degrees.")
@click.option("--blur-px", default=_LOOK.blur_px, help="The lens's blur, standard deviation.")
@click.option("--exposure-s", default=_LOOK.exposure_s, help="Motion blur: exposure time, seconds.")
@click.option("--sway-px-per-s", default=_LOOK.sway_px_per_s, help="Highest speed of a parcel while packed.")
@click.option("--noise", default=_LOOK.noise, help="Sensor noise, standard deviation in grey levels.")
@click.option("--parcel-scale", default=_LOOK.parcel_scale, help="Parcel's size, a share of the usual one.")
@click.option("--clutter", is_flag=True, help="Product codes, print, fine texture and a screen of noise all about.")
@click.option("--brightness", default=_LOOK.brightness, help="A share of full light; 0.25 is a night picture.")
@click.option("--light-drift", default=_LOOK.light_drift, help="Slow change of light, grey levels peak to peak.")
@click.option("--light-period-s", default=_LOOK.light_period_s, help="Period of the slow change of light, seconds.")
@click.option("--frame-rate", default=_RECORDING.frame_rate, help="Pictures a second.")
@click.option("--variable-frame-rate", is_flag=True, help="Uneven times between pictures.")
@click.option("--skip-unchanged", is_flag=True, help="Pictures in which nothing moved are left out.")
@click.option("--still-s", default=_RECORDING.still_s, help="With --skip-unchanged, one is stored this often, seconds.")
@click.option("--codec", default=_RECORDING.codec, type=_choice(Codec), help="How pictures are coded.")
@click.option("--container", default=_RECORDING.container, type=_choice(Container), help="Kind of file.")
@click.option("--fragmented", is_flag=True, help="MP4 or MOV in fragments, one a keyframe.")
@click.option("--keyframe-s", default=_RECORDING.keyframe_s, help="Time between keyframes, seconds.")
@click.option("--crf", default=_RECORDING.crf, help="Quality where no bit rate is given; lower is better.")
@click.option("--bitrate-kbps", type=int, show_default="quality decides", help="Constant bit rate.")
@click.option("--preset", default=_RECORDING.preset, type=_choice(Preset), help="How thorough H.264's encoder is.")
@click.option(
    "--started-at",
    default=_RECORDING.started_at.isoformat(),
    callback=_instant,
    help="The first picture's instant, ISO 8601, in --zone if it names none.",
)
@click.option("--creation-time/--no-creation-time", default=True, help="The container tells its start.")
@click.option("--zone", default=_RECORDING.zone, callback=_zone, help="Time zone of the file names.")
@click.option("--videos", default=_RECORDING.videos, help="Files per camera.")
@click.option(
    "--borders", default=_RECORDING.borders, type=_choice(Border), help="Where a file ends and the next begins."
)
def footage(out: Path, **asked: Any) -> None:
    """Render packing-station footage and its truth into the folder OUT."""
    try:
        order = _order(asked)
        columns = (TextColumn("rendering"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("rendering", total=None)
            truth = render(order, out, lambda done, total: bar.update(task, completed=done, total=total))
    except (ValueError, VtrackError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or out}: {error.strerror}") from error
    videos = [video for camera in truth.cameras for video in camera.videos]
    seconds = sum(video.duration_s for video in videos)
    written, events = counted(len(videos), "video"), counted(len(truth.events), "event")
    click.echo(f"wrote {written} ({seconds:.0f} s), {events} and truth.json to {out}")


def _order(asked: dict[str, Any]) -> Order:
    def part(names: Any) -> dict[str, Any]:
        return {name: asked[name] for name in names if name in asked}

    recording = part(Recording.__dataclass_fields__)
    recording["zone"] = asked["zone"].key
    recording["started_at"] = instants.parse(asked["started_at"], asked["zone"])
    return Order(
        seed=asked["seed"],
        cameras=tuple(f"cam{number + 1}" for number in range(asked["cameras"])),
        packing=Packing(**part(Packing.__dataclass_fields__)),
        look=Look(**part(Look.__dataclass_fields__)),
        recording=Recording(**recording),
    )
