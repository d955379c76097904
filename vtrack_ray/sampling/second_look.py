"""The second look: a stretch that was packed without a code being read, seen more closely, then by stronger means."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from vtrack_ray.footage.pictures import Picture, open_pictures
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Sample, Sight
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.sampling.examiner import tracking_codes
from vtrack_ray.sampling.plan import is_next_on_grid, on_grid
from vtrack_ray.sampling.stages import Stages
from vtrack_ray.vision.codes import Reading, read_codes, read_codes_zbar
from vtrack_ray.vision.detail import detailed
from vtrack_ray.vision.fusion import read_fused

_WINDOW = 12
"""Pictures that are fused: 2.4 s at the default interval, about as long as a label is held in one way."""
_ONE_IN = 4
"""Of a window's pictures, one in so many is enlarged by itself: at 0.8 s apart, one shows a label that is held up."""


def shortened(spans: Iterable[Span], limit_s: float) -> list[Span]:
    """The spans with nothing but their ends, half of the limit each, where they are longer than `limit_s`."""
    out: list[Span] = []
    for span in spans:
        if span.duration_s <= limit_s:
            out.append(span)
        else:
            out += [Span(span.start_s, span.start_s + limit_s / 2), Span(span.end_s - limit_s / 2, span.end_s)]
    return out


def second_look(video: Video, profile: Profile, span: Span) -> SamplingLog:
    """Samples of `span` at the sampling interval; only if none shows a code, by enlarging, a second decoder and fusing.

    Of pictures that others are made from, unless these are too few: they are stored in better quality, and labels of
    1.1 to 1.3 px a module are read in as many of them or more, at less than half the cost of decoding all. Its samples
    hold sights only; its coverage is empty, since the first look accounted for the time. Raises VideoError.
    """
    stages = Stages()
    with open_pictures(video.path) as pictures, stages.stage("second_look"):
        index = pictures.index(span)
        due_s = index.times_s[on_grid(index.times_s, profile.sampling_interval_s)]
        look = _Look(pictures.references, profile, span)
        look.closely()
        # The first and the last interval may lie in the span by half.
        if len(look.samples) + 1 < np.count_nonzero((due_s >= span.start_s) & (due_s < span.end_s)):
            look.read = pictures.all
            look.closely()
        if not look.has_found:
            look.strongly()
    return SamplingLog(
        video_id=video.video_id,
        span=span,
        method=Method.SECOND_LOOK,
        samples=Samples(sample for _, sample in sorted(look.samples.items())),
        coverage=(),
        pictures=pictures.decoded,
        seconds=stages.seconds,
        notes=index.notes,
    )


class _Look:
    """The samples of a span so far, by time; `read` gives the pictures that they are taken from."""

    def __init__(self, read: Callable[[Span], Iterator[Picture]], profile: Profile, span: Span) -> None:
        self.read = read
        self._profile = profile
        self._span = span
        self.samples: dict[float, Sample] = {}

    @property
    def has_found(self) -> bool:
        return any(sample.sights for sample in self.samples.values())

    def closely(self) -> None:
        """A picture each sampling interval as it is: 4 ms each at 1080p, besides decoding."""
        symbologies, area = self._profile.symbologies, self._profile.packing_area
        for picture in self._shown():
            self._add(picture.time_s, self._sights(read_codes(picture.luma(), symbologies=symbologies, area=area)))

    def strongly(self) -> None:
        """Window by window, where there is detail: some pictures enlarged, then, if none of them shows a code, all of
        them fused."""
        symbologies = self._profile.symbologies
        for window in _windows(self._shown()):
            lumas = [picture.luma() for picture in window]
            areas = detailed(lumas, self._profile.packing_area)
            for picture in window[_ONE_IN // 2 :: _ONE_IN]:
                self._add(picture.time_s, self._enlarged(picture, areas))
            if any(self.samples[picture.time_s].sights for picture in window):
                continue
            times_s = tuple(picture.time_s for picture in window)
            readings = [r for area in areas for r in read_fused(lumas, symbologies=symbologies, area=area)]
            sights = tuple(replace(sight, fused_s=times_s) for sight in self._sights(readings))
            self._add(times_s[len(times_s) // 2], sights)

    def _shown(self) -> Iterator[Picture]:
        shown_s = -math.inf
        for picture in self.read(self._span):
            if is_next_on_grid(shown_s, picture.time_s, self._profile.sampling_interval_s):
                shown_s = picture.time_s
                yield picture

    def _enlarged(self, picture: Picture, areas: Sequence[Area]) -> tuple[Sight, ...]:
        """The codes in the areas that the first of the means finds which finds any."""
        means = (partial(read_codes, scale=2), partial(read_codes, scale=3), read_codes_zbar)
        luma, symbologies = picture.luma(), self._profile.symbologies
        for read in means:
            if sights := self._sights([r for area in areas for r in read(luma, symbologies=symbologies, area=area)]):
                return sights
        return ()

    def _add(self, time_s: float, sights: tuple[Sight, ...]) -> None:
        self.samples[time_s] = Sample(time_s=time_s, sights=sights)

    def _sights(self, readings: list[Reading]) -> tuple[Sight, ...]:
        return tracking_codes(readings, self._profile)


def _windows(pictures: Iterable[Picture]) -> Iterator[Sequence[Picture]]:
    window: list[Picture] = []
    for picture in pictures:
        window.append(picture)
        if len(window) == _WINDOW:
            yield window
            window = []
    if window:
        yield window
