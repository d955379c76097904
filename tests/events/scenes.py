"""Takes made to order: a video's samples from a plain list of states, without pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from vtrack_ray.events.chain import Take
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Sample, Sight, Trigger
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import FoundFile, Header, StartBasis, Video

START = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
WITH_TRIGGER = Profile(camera_name="cam1", qr_trigger_area=Area(0, 0, 10, 10))
WITHOUT_TRIGGER = Profile(camera_name="cam1")
INTERVAL_S = 0.2


def video(name: str = "a.mp4", *, start_s: float = 0.0, duration_s: float = 60.0) -> Video:
    return Video(
        file=FoundFile(source="/f", path=f"/f/cam1/{name}", camera_name="cam1", size_bytes=1, modified_ns=1),
        header=Header(
            started_at=START + timedelta(seconds=start_s),
            start_basis=StartBasis.CONTAINER,
            duration_s=duration_s,
            width_px=640,
            height_px=360,
            codec="h264",
        ),
    )


def sight(code: str = "SPXVN0001") -> Sight:
    return Sight(code=code, symbology="QRCode", area=Area(1, 2, 30, 30), decoder="zxing")


def filmed(of: Video, look: Callable[[float], Sample], pieces: Sequence[float] = ()) -> Take:
    """The take of a video of which a picture at `t` seconds gives `look(t)`, in logs cut at `pieces` (seconds)."""
    times = [round(i * INTERVAL_S, 6) for i in range(round(of.duration_s / INTERVAL_S))]
    edges = [0.0, *sorted(pieces), of.duration_s]
    logs = tuple(
        SamplingLog(
            video_id=of.video_id,
            span=Span(low, high),
            method=Method.EXHAUSTIVE,
            samples=Samples(look(t) for t in times if low <= t < high),
            coverage=(),
        )
        for low, high in pairwise(edges)
    )
    return Take(video=of, logs=logs)


def triggered(
    packed: Sequence[tuple[float, float]], codes: Sequence[tuple[str, float, float]] = (), *, offset_s: float = 0.0
) -> Callable[[float], Sample]:
    """Off during the `packed` stretches; each of `codes` shown from its first to its last second.

    Times count from `START`; `offset_s` is where the video begins.
    """

    def look(time_s: float) -> Sample:
        now_s = time_s + offset_s
        if not any(low <= now_s < high for low, high in packed):
            return Sample(time_s=time_s, trigger=Trigger.ON)
        shown = tuple(sight(code) for code, low, high in codes if low <= now_s <= high)
        return Sample(time_s=time_s, trigger=Trigger.OFF, sights=shown)

    return look


def handled(
    hands: Sequence[tuple[float, float]], codes: Sequence[tuple[str, float, float]]
) -> Callable[[float], Sample]:
    """Without a trigger: hands seen during `hands`, codes shown as in `triggered`."""

    def look(time_s: float) -> Sample:
        return Sample(
            time_s=time_s,
            hand=any(low <= time_s < high for low, high in hands),
            sights=tuple(sight(code) for code, low, high in codes if low <= time_s <= high),
        )

    return look
