"""Records: events and videos as plain JSON objects and as rows of a table."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from vtrack_ray import instants
from vtrack_ray.ledger.values import VideoRow
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.occurrence import Occurrence
from vtrack_ray.meaning.program import Program
from vtrack_ray.pipeline.forecast import Forecast

Record = dict[str, Any]


def event_record(event: Event, paths: Mapping[str, str], zone: ZoneInfo) -> Record:
    """An event as `vtrack events --json` gives it; `paths` tells where each video is by its identity.

    A video that was replaced since the event was read has no path any more: its identity stands for it.
    """
    return {
        "event_id": event.event_id,
        "camera_name": event.camera_name,
        "videos": [paths.get(video_id, video_id) for video_id in event.video_ids],
        "start_s": event.start_s,
        "end_s": event.end_s,
        "started_at": instants.show(event.started_at, zone),
        "ended_at": instants.show(event.ended_at, zone),
        "duration_s": round(event.duration_s, 6),
        "tracking_codes": list(event.tracking_codes),
        "status": event.status.value,
        "sights": [
            {
                "code": seen.sight.code,
                "symbology": seen.sight.symbology,
                "video": paths.get(seen.video_id, seen.video_id),
                "time_s": seen.time_s,
                "at": instants.show(seen.at, zone),
                "box": list(seen.sight.area),
                "decoder": seen.sight.decoder,
                "fused_s": list(seen.sight.fused_s),
            }
            for seen in event.sights
        ],
    }


def video_record(row: VideoRow, zone: ZoneInfo) -> Record:
    """A video as `vtrack videos --json` gives it."""
    return {
        "video_id": row.video_id,
        "camera_name": row.camera_name,
        "path": row.path,
        "status": row.status.value,
        "reason": row.reason,
        "started_at": instants.show(row.started_at, zone) if row.started_at else None,
        "start_basis": row.start_basis.value if row.start_basis else None,
        "duration_s": row.duration_s,
        "examined_s": round(row.examined_s, 6),
        "idle_s": round(row.idle_s, 6),
        "unreadable_s": round(row.unreadable_s, 6),
        "attempts": row.attempt,
        "width": row.width_px,
        "height": row.height_px,
        "codec": row.codec,
        "pictures": row.pictures,
        "seconds": row.seconds,
    }


def program_record(program: Program, zone: ZoneInfo) -> Record:
    """A program as `vtrack program status --json` gives it."""
    return {
        "program_id": program.program_id,
        "program": str(program),
        "kind": program.kind.value,
        "state": program.state.value,
        "days": program.request.days,
        "custom_path": program.request.custom_path,
        "camera_name": program.request.camera_name,
        "requested_at": instants.show(program.requested_at, zone),
        "started_at": instants.show(program.started_at, zone) if program.started_at else None,
        "ended_at": instants.show(program.ended_at, zone) if program.ended_at else None,
        "reason": program.reason,
    }


def occurrence_record(occurrence: Occurrence, zone: ZoneInfo) -> Record:
    """An occurrence as `vtrack history --json` gives it."""
    return {
        "at": instants.show(occurrence.at, zone),
        "kind": occurrence.kind.value,
        "text": occurrence.text,
        "camera_name": occurrence.camera_name,
        "video_id": occurrence.video_id,
        "attempt": occurrence.attempt,
        "node": occurrence.node,
        "figures": dict(occurrence.figures),
    }


def forecast_record(forecast: Forecast, now: datetime, zone: ZoneInfo) -> Record:
    """What is left of a camera's videos, as `vtrack status --json` gives it."""
    left_s = forecast.left_s
    return {
        "camera_name": forecast.camera_name,
        "videos": forecast.videos,
        "footage_h": round(forecast.footage_s / 3600, 3),
        "speed": None if forecast.speed is None else round(forecast.speed, 1),
        "left_s": None if left_s is None else round(left_s),
        "done_by": None if left_s is None else instants.show(now + timedelta(seconds=left_s), zone),
    }


def print_records(records: Sequence[Record], columns: Sequence[str], output: str, empty: str) -> None:
    """Prints records as `json`, `csv` or `table`; the latter two with `columns` alone."""
    match output:
        case "json":
            click.echo(printable(json.dumps(records, ensure_ascii=False, indent=2)))
        case "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([_cell(record[column]) for column in columns] for record in records)
        case _:
            _print_table(records, columns, empty)


def printable(text: str) -> str:
    """The text with bytes that are no UTF-8, and what would move a terminal's cursor or colours, as escapes."""
    decent = text.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in decent)


def _print_table(records: Sequence[Record], columns: Sequence[str], empty: str) -> None:
    if not records:
        click.echo(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        is_number = isinstance(records[0][column], int | float)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for record in records:
        table.add_row(*(_cell(record[column]) for column in columns))
    # A pipe has no width: nothing is cut off there.
    Console(width=None if sys.stdout.isatty() else 1000, highlight=False, markup=False).print(table)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.2f}"
        case str():
            return printable(value)
        case list():
            return " ".join(printable(str(item)) for item in value)
        case _:
            return str(value)
