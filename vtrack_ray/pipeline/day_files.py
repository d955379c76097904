"""Files of a day's events, for other programs: CSV and Parquet. The same events give the same bytes."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb

from vtrack_ray import instants
from vtrack_ray.ledger.values import EventRow

_COLUMNS = (
    "event_id", "camera_name", "started_at", "ended_at", "duration_s", "tracking_codes", "status", "start_s", "end_s",
    "videos",
)  # fmt: skip
_TYPES = (
    '[{"event_id": "VARCHAR", "camera_name": "VARCHAR", "started_at": "TIMESTAMPTZ", "ended_at": "TIMESTAMPTZ",'
    ' "duration_s": "DOUBLE", "tracking_codes": ["VARCHAR"], "status": "VARCHAR", "start_s": "DOUBLE",'
    ' "end_s": "DOUBLE", "videos": ["VARCHAR"]}]'
)
_ROWS = f"SELECT unnest(from_json($rows, '{_TYPES}'), max_depth := 2)"

Paths = Mapping[str, str]
"""Where each video is, by its identity."""


class Format(NamedTuple):
    """A kind of file: its content type, and what writes it."""

    content_type: str
    write: Callable[[Sequence[EventRow], Paths, ZoneInfo], bytes]


def _as_csv(events: Sequence[EventRow], paths: Paths, zone: ZoneInfo) -> bytes:
    """Instants in the set time zone; codes, and videos, with a space between them, as `vtrack events --csv`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for event in events:
        told = _told(event, paths)
        told |= {key: instants.show(getattr(event, key), zone) for key in ("started_at", "ended_at")}
        told |= {key: f"{told[key]:.2f}" for key in ("duration_s", "start_s", "end_s")}
        told |= {key: " ".join(told[key]) for key in ("tracking_codes", "videos")}
        writer.writerow([told[column] for column in _COLUMNS])
    return text.getvalue().encode()


def _as_parquet(events: Sequence[EventRow], paths: Paths, _zone: ZoneInfo) -> bytes:
    """Instants in UTC, codes and videos as lists."""
    told = [
        _told(event, paths) | {"started_at": event.started_at.isoformat(), "ended_at": event.ended_at.isoformat()}
        for event in events
    ]
    with tempfile.TemporaryDirectory(prefix="vtrack-") as folder, duckdb.connect() as connection:
        path = Path(folder) / "events.parquet"
        connection.sql(_ROWS, params={"rows": json.dumps(told)}).write_parquet(str(path), compression="zstd")
        return path.read_bytes()


def _told(event: EventRow, paths: Paths) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "camera_name": _text(event.camera_name),
        "duration_s": event.duration_s,
        "tracking_codes": [_text(code) for code in event.tracking_codes],
        "status": str(event.status),
        "start_s": event.start_s,
        "end_s": event.end_s,
        # A video that was replaced since has no path any more: its identity stands for it.
        "videos": [_text(paths.get(video_id, video_id)) for video_id in event.video_ids],
    }


def _text(name: str) -> str:
    """The name with bytes that are no UTF-8 as escapes: neither format can hold them."""
    return name.encode("utf-8", "backslashreplace").decode()


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "csv": Format("text/csv", _as_csv),
        "parquet": Format("application/vnd.apache.parquet", _as_parquet),
    }
)
"""Kinds of files, by the ending of their names."""
