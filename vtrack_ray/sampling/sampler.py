"""The frame sampler: examines as few pictures of a span as prove what every picture would show.

With a trigger card it works as a cascade (keyframes first, then only the stretches between two that differ); without
one, where something moves. Exhaustively, every picture is examined: slow, and the reference for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from itertools import pairwise

from vtrack_ray.footage.packets import PacketIndex
from vtrack_ray.footage.pictures import Pictures, open_pictures
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.meaning.video import Video
from vtrack_ray.sampling.cascade import cascade
from vtrack_ray.sampling.coverage import NOT_IN_FILE, covered
from vtrack_ray.sampling.examiner import Examiner
from vtrack_ray.sampling.look import Look
from vtrack_ray.sampling.plan import lead_s
from vtrack_ray.sampling.regular import exhaustive
from vtrack_ray.sampling.stages import Stages
from vtrack_ray.sampling.survey import card_area
from vtrack_ray.sampling.unmarked import unmarked

_KEYFRAMES_APART_S = 5.0
"""Where keyframes are further apart than this, packets are indexed a second time, from further around."""

_TAIL_S = 1.0
"""A header may promise this much more than there is, if all pictures are closer together than that."""


def spans_of(video: Video, span_s: float) -> list[Span]:
    """The spans of about `span_s` seconds in which a video is sampled, all of one length."""
    count = max(1, round(video.duration_s / span_s))
    edges = [video.duration_s * i / count for i in range(count)] + [video.duration_s]
    return [Span(start_s, end_s) for start_s, end_s in pairwise(edges)]


def first_method(*, is_exhaustive: bool) -> Method:
    """How spans are sampled at first."""
    return Method.EXHAUSTIVE if is_exhaustive else Method.CASCADE


def sample_alone(video: Video, profile: Profile, span: Span, *, is_exhaustive: bool = False) -> SamplingLog:
    """What `sample_span` gives, for the only span of its video to be sampled: the card is looked for at once with it.

    Raises VideoError and ProfileError as that does.
    """
    return sample_span(video, profile, span, card_area(video, profile), is_exhaustive=is_exhaustive)


def sample_span(
    video: Video, profile: Profile, span: Span, card: Area | None = None, *, is_exhaustive: bool = False
) -> SamplingLog:
    """The sampling log of `span`. The samples do not depend on how the video is cut into spans.

    `card` is where the trigger card lies in this video, as `card_area` tells, if not where the profile says. Raises
    VideoError where the file can't be opened at all, and ProfileError where an area lies outside the picture.
    """
    notes: tuple[str, ...] = ()
    if card and card != profile.qr_trigger_area:
        profile = profile.model_copy(update={"qr_trigger_area": card})
        notes = (f"the trigger card is looked for elsewhere in this video: {list(card)}",)
    method = first_method(is_exhaustive=is_exhaustive)
    stages = Stages()
    # The last span takes every picture to the end of the file, whatever the header said about its length.
    reach = span if span.end_s < video.duration_s else Span(span.start_s, math.inf)
    with ExitStack() as opened:
        with stages.stage("index"):
            pictures = opened.enter_context(open_pictures(video.path))
            profile.check_areas(pictures.width_px, pictures.height_px)
            index = _index(pictures, reach)
        look = Look(
            profile=profile, reach=reach, index=index, pictures=pictures, examiner=Examiner(profile), stages=stages
        )
        _way(method, profile)(look)
        faults = [
            *(Stretch(span=fault.span, coverage=Coverage.UNREADABLE, reason=fault.reason) for fault in pictures.faults),
            *(Stretch(span=hole, coverage=Coverage.UNREADABLE, reason=NOT_IN_FILE) for hole in index.holes),
        ]
    return SamplingLog(
        video_id=video.video_id,
        span=span,
        method=method,
        samples=Samples(s for t, s in sorted(look.samples.items()) if reach.start_s <= t < reach.end_s),
        coverage=covered(span, look.accounted, faults, max(_TAIL_S, index.longest_picture_s)),
        pictures=pictures.decoded,
        seconds=stages.seconds,
        jumps=tuple(jump for jump in index.jumps if reach.start_s <= jump.time_s < reach.end_s),
        notes=(*index.notes, *look.notes, *notes),
    )


def _index(pictures: Pictures, reach: Span) -> PacketIndex:
    """The packets of the reach, and of what lies around it as far as the choice of its pictures depends on that."""
    around_s, least_s = 0.0, lead_s(_KEYFRAMES_APART_S)
    while around_s < least_s:
        around_s = least_s
        index = pictures.index(Span(max(0.0, reach.start_s - around_s), reach.end_s + around_s))
        least_s = lead_s(index.keyframes_apart_s)
    return index


def _way(method: Method, profile: Profile) -> Callable[[Look], None]:
    if method is Method.EXHAUSTIVE:
        return exhaustive
    return cascade if profile.qr_trigger_area else unmarked
