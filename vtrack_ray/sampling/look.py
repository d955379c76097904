"""A look at a span: the pictures examined so far, and what is known of the stretches between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import numpy as np

from vtrack_ray.footage.packets import PacketIndex
from vtrack_ray.footage.pictures import Picture, Pictures
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Sample, Trigger
from vtrack_ray.meaning.span import Span, Stretch
from vtrack_ray.sampling.examiner import Examiner
from vtrack_ray.sampling.plan import on_grid
from vtrack_ray.sampling.stages import Stages
from vtrack_ray.vision.trigger import contrast

_PLAIN = 40.0
"""No card of more contrast was seen to get lost in pictures that are not smoothed. Rendered in full light it has 66, at
three tenths of that 19: there, it was once not read for 3 s up to the next keyframe, and the packing ended as late."""


@dataclass(kw_only=True)
class Look:
    """The working state of one sampling task; `reach` is the span, open-ended where the span is the video's last."""

    profile: Profile
    reach: Span
    index: PacketIndex
    pictures: Pictures
    examiner: Examiner
    stages: Stages
    samples: dict[float, Sample] = field(default_factory=dict)
    contrasts: dict[float, float] = field(default_factory=dict)
    """The card's contrast in the keyframes of those times that show it: see vision.trigger.contrast."""
    accounted: list[Stretch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def examined(self, picture: Picture, *, trigger_only: bool = False) -> Sample:
        """The picture's sample; with `trigger_only`, it is searched for codes only if it was before."""
        known = self.samples.get(picture.time_s)
        if known is not None and (trigger_only or known.trigger is Trigger.ON or known.sights is not None):
            return known
        sample = self.samples[picture.time_s] = self.examiner.examine(picture, trigger_only=trigger_only)
        return sample

    def examine_keyframe(self, picture: Picture) -> None:
        """Takes the picture's sample and, where the card is seen, its contrast."""
        sample = self.samples[picture.time_s] = self.examiner.examine(picture)
        if sample.trigger is Trigger.ON and self.profile.qr_trigger_area is not None:
            self.contrasts[picture.time_s] = contrast(picture.luma(), self.profile.qr_trigger_area)

    def references(self, span: Span, beside: Iterable[Sample]) -> Iterator[Picture]:
        """As Pictures.references(), with blocks' edges smoothed unless the card is plain to see in a keyframe of the
        samples `beside` the span."""
        is_plain = any(self.contrasts.get(sample.time_s, 0.0) >= _PLAIN for sample in beside)
        return self.pictures.references(span, smooth=not is_plain)

    def left_out(self, passed: Iterable[Span]) -> Iterator[Picture]:
        """All pictures between each two, told in order of time, that followed each other while those were left out that
        no other is made from.

        None, where the two are no further apart than the sampling interval: only of few pictures a second, or of long
        rows of such, so much is left out that what changed between them is timed too roughly.
        """
        yield from self.between(pair for pair in passed if pair.duration_s > self.profile.sampling_interval_s + 1e-6)

    def between(self, pairs: Iterable[Span]) -> Iterator[Picture]:
        """All pictures between the two of each pair, told in order of time; nothing is decoded where there are none."""
        times_s, keyframes_s = self.index.times_s, self.index.times_s[self.index.keyframe]
        filled = [pair for pair in pairs if np.any((times_s > pair.start_s) & (times_s < pair.end_s))]
        # Up to the next keyframe, decoding goes on: begun anew, it would begin at the keyframe before.
        numbers = np.searchsorted(keyframes_s, [pair.start_s for pair in filled], side="right")
        for _, group in groupby(zip(numbers, filled, strict=True), key=itemgetter(0)):
            near = [pair for _, pair in group]
            for picture in self.pictures.all(Span(near[0].start_s, near[-1].end_s)):
                if any(pair.start_s < picture.time_s < pair.end_s for pair in near):
                    yield picture

    def grid(self) -> set[float]:
        """Times of the pictures that regular sampling takes."""
        times_s = self.index.times_s
        return set(times_s[on_grid(times_s, self.profile.sampling_interval_s)].tolist())
