"""A job: what a call that runs elsewhere is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath

from vtrack_ray.meaning.video import FoundFile, Video
from vtrack_ray.pipeline.stopwatch import Stopwatch

_MEGAPIXEL = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Job:
    """One call: `label` says to people what is going on, `kind` names the calls that need about as much as this one.

    Urgent jobs go before all others. `watch` runs while the call does. `file` is the one that it reads; a job without
    one looks into whole sources. `is_on_video`: it reads a video whose header is known.
    """

    label: str
    kind: str
    is_urgent: bool = False
    file: FoundFile | None = None
    is_on_video: bool = False
    watch: Stopwatch = field(default_factory=Stopwatch, compare=False)


def job_on_file(step: str, file: FoundFile, *, is_urgent: bool = False) -> Job:
    """A job on a file of which no more is known yet."""
    return Job(label=f"{step}:{_name(file)}", kind=step, is_urgent=is_urgent, file=file)


def job_on_video(
    step: str, video: Video, watch: Stopwatch, at_s: float | None = None, *, is_urgent: bool = False
) -> Job:
    """A job on a video, at that time of it: what it needs depends on the codec and the size of the pictures."""
    pixels = video.header.width_px * video.header.height_px
    at = "" if at_s is None else f"@{at_s:.0f}"
    return Job(
        label=f"{step}:{_name(video.file)}{at}",
        kind=f"{step} {video.header.codec} {max(1, round(pixels / _MEGAPIXEL))} MP",
        is_urgent=is_urgent,
        file=video.file,
        is_on_video=True,
        watch=watch,
    )


def _name(file: FoundFile) -> str:
    """Camera and file name, for task lists; bytes that are no UTF-8 are written as escapes."""
    return f"{file.camera_name}/{PurePath(file.path).name}".encode("utf-8", "backslashreplace").decode()
