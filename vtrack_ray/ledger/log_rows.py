"""A sampling log as a row of `processed_logs` and back, without loss."""

from __future__ import annotations

import json

from vtrack_ray.ledger.transaction import Row
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.sampling_log import Jump, Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.text import storable


def row_of(log: SamplingLog) -> Row:
    """The row of a log, with what has lists in it as JSON."""
    return {
        "video_id": log.video_id,
        "start_s": log.span.start_s,
        "end_s": log.span.end_s,
        "method": log.method,
        "samples": log.samples.json,
        "coverage": _json([_from_stretch(stretch) for stretch in log.coverage]),
        "pictures": log.pictures,
        "seconds": _json({storable(stage): seconds for stage, seconds in log.seconds.items()}),
        "jumps": _json([jump._asdict() for jump in log.jumps]),
        "notes": _json([storable(note) for note in log.notes]),
    }


def _json(nested: object) -> str:
    return json.dumps(nested, separators=(",", ":"))


def log_of(row: Row) -> SamplingLog:
    """The log of a row."""
    return SamplingLog(
        video_id=row["video_id"],
        span=Span(row["start_s"], row["end_s"]),
        method=Method(row["method"]),
        samples=Samples(json=row["samples"]),
        coverage=coverage_of(row),
        pictures=row["pictures"],
        seconds=row["seconds"],
        jumps=tuple([Jump(jump["time_s"], jump["is_counted_on"]) for jump in row["jumps"]]),
        notes=tuple(row["notes"]),
    )


def coverage_of(row: Row) -> tuple[Stretch, ...]:
    """The coverage of a row."""
    return tuple([_to_stretch(stretch) for stretch in row["coverage"]])


def _from_stretch(stretch: Stretch) -> dict[str, object]:
    return {
        "start_s": stretch.span.start_s,
        "end_s": stretch.span.end_s,
        "coverage": stretch.coverage,
        "reason": storable(stretch.reason) if stretch.reason is not None else None,
    }


def _to_stretch(row: Row) -> Stretch:
    return Stretch(span=Span(row["start_s"], row["end_s"]), coverage=Coverage(row["coverage"]), reason=row["reason"])
