"""`vtrack demo`: renders footage of two packing tables, finds the events in it, and puts them beside the truth."""

from __future__ import annotations

import time
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from vtrack_ray.actors import backlog
from vtrack_ray.cli.progress import RunBar, stoppable
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.pipeline.request import Request
from vtrack_ray.records import EventRecord
from vtrack_ray.render.compare import Comparison, compare
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.settings import load_settings

_ORDER = Order(
    seed=20261101,
    cameras=("table-1", "table-2"),
    packing=Packing(events=4, event_s=(9.0, 16.0), idle_s=(4.0, 9.0), passing_hands=1),
    look=Look(width_px=1280, height_px=720),
    recording=Recording(videos=2, borders="event"),
)
_WITHIN_S = 0.5


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"))
def demo(out: Path) -> None:
    """Render packing footage of two tables into OUT (default: demo), find the events in it, and compare.

    Exits with 0 if every event and code was found within 0.5 s, with 1 if not.
    """
    settings = load_settings({"DB": str(out / "demo.duckdb")})
    zone = ZoneInfo(settings.TIME_ZONE)
    try:
        with RunBar() as bar:
            truth = render(_ORDER, out, bar.paint)
    except OSError as error:
        raise click.ClickException(f"{error.filename or out}: {error.strerror}") from error
    footage_s = sum(video.duration_s for camera in truth.cameras for video in camera.videos)
    folders = tuple(out / camera.camera_name for camera in truth.cameras)
    started = time.monotonic()
    with stoppable(), RunBar() as bar:
        # Forced: a second demo shows the work again, not that it was done already.
        summary = backlog.work_off(Request(paths=folders, is_forced=True), settings, "local", bar.show)
    elapsed_s = time.monotonic() - started
    with open_answers(settings.DB) as answers:
        paths = {row.video_id: Path(row.path).name for row in answers.videos()}
        found = [EventRecord.of(event, paths, zone).model_dump() for event in answers.events()]
    comparison = compare(truth, found)
    _print(comparison)
    true_events = len(comparison.pairs) + len(comparison.missed)
    click.echo(
        f"{len(comparison.pairs)} of {true_events} events found, {len(comparison.invented)} invented; "
        f"{footage_s:.0f} s of footage in {elapsed_s:.1f} s, {footage_s / elapsed_s:.1f} times real time, "
        "the start of Ray included, the rendering not.\n"
        f"The footage lies in {out}; look into the database with: vtrack events --db {settings.DB}"
    )
    is_right = summary is not None and summary.is_good and comparison.agrees(_WITHIN_S)
    raise SystemExit(0 if is_right else 1)


def _print(comparison: Comparison) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("camera", "true start", "found", "true end", "found", "true codes", "found", "status"):
        table.add_column(column, justify="right" if "start" in column or "end" in column else "left")
    for pair in comparison.pairs:
        table.add_row(
            pair.camera_name,
            f"{pair.true.start_s:.2f}",
            f"{pair.true.start_s + pair.start_error_s:.2f}",
            f"{pair.true.end_s:.2f}",
            f"{pair.true.end_s + pair.end_error_s:.2f}",
            " ".join(pair.true.tracking_codes),
            " ".join(pair.found["tracking_codes"]),
            pair.found["status"],
        )
    for camera_name, true in comparison.missed:
        codes = " ".join(true.tracking_codes)
        table.add_row(camera_name, f"{true.start_s:.2f}", "-", f"{true.end_s:.2f}", "-", codes, "-", "missed")
    for event in comparison.invented:
        codes = " ".join(event["tracking_codes"])
        start, end = f"{event['start_s']:.2f}", f"{event['end_s']:.2f}"
        table.add_row(event["camera_name"], "-", start, "-", end, "-", codes, "invented")
    Console(width=None if Console().is_terminal else 200, highlight=False, markup=False).print(table)
