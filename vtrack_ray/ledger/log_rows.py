"""A sampling log as a row of `processed_logs` and back, without loss: "not looked for" stays apart from "not seen"."""

from __future__ import annotations

import json

from vtrack_ray.ledger.text import storable
from vtrack_ray.ledger.transaction import Row
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.sample import Sample, Sight, Trigger
from vtrack_ray.meaning.sampling_log import Jump, Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, Stretch


def row_of(log: SamplingLog) -> Row:
    """The row of a log, with what has lists in it as JSON."""
    return {
        "video_id": log.video_id,
        "start_s": log.span.start_s,
        "end_s": log.span.end_s,
        "method": log.method,
        "samples": _json([_from_sample(sample) for sample in log.samples]),
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
        samples=tuple([_to_sample(sample) for sample in row["samples"]]),
        coverage=coverage_of(row),
        pictures=row["pictures"],
        seconds=row["seconds"],
        jumps=tuple([Jump(jump["time_s"], jump["is_counted_on"]) for jump in row["jumps"]]),
        notes=tuple(row["notes"]),
    )


def coverage_of(row: Row) -> tuple[Stretch, ...]:
    """The coverage of a row."""
    return tuple([_to_stretch(stretch) for stretch in row["coverage"]])


def _from_sample(sample: Sample) -> dict[str, object]:
    return {
        "time_s": sample.time_s,
        "trigger": sample.trigger,
        "hand": sample.hand,
        "looked": sample.sights is not None,
        "sights": [_from_sight(sight) for sight in sample.sights or ()],
    }


def _from_sight(sight: Sight) -> dict[str, object]:
    area = sight.area
    return {
        "code": storable(sight.code),
        "symbology": storable(sight.symbology),
        "x": area.x,
        "y": area.y,
        "width": area.width,
        "height": area.height,
        "decoder": storable(sight.decoder),
        "fused_s": sight.fused_s,
    }


def _from_stretch(stretch: Stretch) -> dict[str, object]:
    return {
        "start_s": stretch.span.start_s,
        "end_s": stretch.span.end_s,
        "coverage": stretch.coverage,
        "reason": storable(stretch.reason) if stretch.reason is not None else None,
    }


def _to_sample(row: Row) -> Sample:
    trigger = row["trigger"]
    return Sample(
        time_s=row["time_s"],
        trigger=Trigger(trigger) if trigger is not None else None,
        sights=tuple([_to_sight(sight) for sight in row["sights"]]) if row["looked"] else None,
        hand=row["hand"],
    )


def _to_sight(row: Row) -> Sight:
    return Sight(
        code=row["code"],
        symbology=row["symbology"],
        area=Area(row["x"], row["y"], row["width"], row["height"]),
        decoder=row["decoder"],
        fused_s=tuple(row["fused_s"]),
    )


def _to_stretch(row: Row) -> Stretch:
    return Stretch(span=Span(row["start_s"], row["end_s"]), coverage=Coverage(row["coverage"]), reason=row["reason"])
