"""Rows of `file_list` and `removed_videos` as values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

from vtrack_ray.ledger.queries import one_or_more
from vtrack_ray.ledger.transaction import Row, Transaction
from vtrack_ray.ledger.values import STAGES, VideoRow
from vtrack_ray.meaning.video import FoundFile, Header, StartBasis, Video, VideoStatus

_UNCHANGED = [field.name for field in fields(VideoRow) if field.name not in ("start_basis", "status", "seconds")]


def file_of(row: Row) -> FoundFile:
    """The file as it was found."""
    return FoundFile(
        source=row["source"],
        path=row["path"],
        camera_name=row["camera_name"],
        size_bytes=row["size_bytes"],
        modified_ns=row["modified_ns"],
    )


def paths_of(transaction: Transaction, video_ids: Sequence[str]) -> dict[str, str]:
    """Where those of these videos are that are known, by their identities."""
    if not video_ids:
        return {}
    return dict(transaction.tuples("video_paths", **one_or_more("video_id", "video_ids", video_ids)))


def videos_of(rows: Iterable[Row]) -> list[Video]:
    """The videos of rows whose files were all probed."""
    return [
        Video(
            file=file_of(row),
            header=Header(
                started_at=row["started_at"],
                start_basis=StartBasis(row["start_basis"]),
                duration_s=row["duration_s"],
                width_px=row["width_px"],
                height_px=row["height_px"],
                codec=row["codec"],
            ),
        )
        for row in rows
    ]


def record_of(row: Row) -> VideoRow:
    """The record of a row of `file_list`."""
    return VideoRow(
        start_basis=StartBasis(row["start_basis"]) if row["start_basis"] else None,
        status=VideoStatus(row["status"]),
        seconds={stage: row[f"{stage}_s"] for stage in STAGES},
        **{name: row[name] for name in _UNCHANGED},
    )
