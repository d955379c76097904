"""Sorting: which of the known videos the service works on, and which ones it skips."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from vtrack_ray.ledger.values import Filterable, Skipped
from vtrack_ray.meaning.filters import Filters, Refusal
from vtrack_ray.meaning.program import Program
from vtrack_ray.meaning.video import VideoStatus

FIRST_RUN = "first_run"
"""The filter of First Run: what is older than its days. Default leaves that aside, and takes up whatever comes."""


class Sorted(NamedTuple):
    """Videos to be skipped from now on, and those that were skipped but no longer are."""

    skipped: tuple[Skipped, ...]
    taken_up: tuple[str, ...]


def sort(videos: Iterable[Filterable], filters: Filters, lasting: Program | None, zone: ZoneInfo) -> Sorted:
    """What changes; `lasting` is the First or Default program that goes on, if one does."""
    skipped: list[Skipped] = []
    taken_up: list[str] = []
    for video in videos:
        # First Run goes first: once a filter's name stood in its place, Default would take up what it left out.
        refusal = _refused_by_first_run(video, lasting)
        refusal = refusal or filters.refusal(video.camera_name, video.started_at, video.added_at, zone)
        if refusal and refusal != video.refusal:
            skipped.append(Skipped(video.video_id, *refusal))
        elif refusal is None and video.status == VideoStatus.SKIPPED:
            taken_up.append(video.video_id)
    return Sorted(tuple(skipped), tuple(taken_up))


def _refused_by_first_run(video: Filterable, lasting: Program | None) -> Refusal | None:
    if lasting is None or lasting.request.days is None:
        is_left_aside = video.refusal is not None and video.refusal.filter_name == FIRST_RUN
        return video.refusal if is_left_aside else None
    days = lasting.request.days
    if video.started_at < lasting.requested_at - timedelta(days=days):
        return Refusal(FIRST_RUN, f"it was recorded before the {days} days of First Run")
    return None
