"""The second look: a stretch that was packed without a code being read, examined with stronger and slower means."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vtrack_ray.footage.packets import index_packets
from vtrack_ray.footage.pictures import Picture, open_pictures
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Sample, Sight
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.sampling.examiner import tracking_codes
from vtrack_ray.sampling.plan import on_grid
from vtrack_ray.sampling.stages import Stages
from vtrack_ray.vision.codes import Reading, read_codes, read_codes_zbar
from vtrack_ray.vision.fusion import read_hard

_FUSED_PICTURES = 12
"""Pictures averaged for one fused reading: 2.4 s at the default interval, about as long as a label lies still."""


def second_look(video: Video, profile: Profile, span: Span) -> SamplingLog:
    """Samples of `span` at the sampling interval, each by enlargement and a second decoder, then by fusing pictures.

    Its samples hold sights only; its coverage is empty, since the first look accounted for the time. Raises VideoError.
    """
    stages = Stages()
    samples: list[Sample] = []
    window: list[Picture] = []
    decoded = 0
    index = index_packets(video.path, span)
    grid = set(index.times_s[on_grid(index.times_s, profile.sampling_interval_s)].tolist())
    with open_pictures(video.path) as pictures, stages.stage("second_look"):
        for picture in pictures.all(span):
            decoded += 1
            if picture.time_s not in grid:
                continue
            sights = _first_sights(picture.luma(), profile)
            samples.append(Sample(time_s=picture.time_s, sights=sights))
            window = [] if sights else [*window, picture]
            if len(window) == _FUSED_PICTURES:
                samples.append(_fused(window, profile))
                window = []
        if len(window) > 1:
            samples.append(_fused(window, profile))
    return SamplingLog(
        video_id=video.video_id,
        span=span,
        method=Method.SECOND_LOOK,
        samples=tuple(sorted(samples, key=lambda s: s.time_s)),
        coverage=(),
        pictures=decoded,
        seconds=stages.seconds,
        notes=index.notes,
    )


def _first_sights(luma: NDArray[np.uint8], profile: Profile) -> tuple[Sight, ...]:
    """The codes that the first of the means finds which finds any."""
    return next((sights for readings in _attempts(luma, profile) if (sights := tracking_codes(readings, profile))), ())


def _attempts(luma: NDArray[np.uint8], profile: Profile) -> Iterator[list[Reading]]:
    for scale in (1, 2, 3):
        yield read_codes(luma, symbologies=profile.symbologies, area=profile.packing_area, scale=scale)
    yield read_codes_zbar(luma, symbologies=profile.symbologies, area=profile.packing_area)


def _fused(window: list[Picture], profile: Profile) -> Sample:
    """A sample at the window's middle picture, read from all of the window's pictures together."""
    readings = read_hard(
        [picture.luma() for picture in window], symbologies=profile.symbologies, area=profile.packing_area
    )
    return Sample(time_s=window[len(window) // 2].time_s, sights=tracking_codes(readings, profile))
