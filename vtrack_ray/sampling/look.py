"""A look at a span: the pictures examined so far, and what is known of the stretches between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from vtrack_ray.footage.packets import PacketIndex
from vtrack_ray.footage.pictures import Pictures
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Sample
from vtrack_ray.meaning.span import Span, Stretch
from vtrack_ray.sampling.examiner import Examiner
from vtrack_ray.sampling.plan import on_grid
from vtrack_ray.sampling.stages import Stages


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
    accounted: list[Stretch] = field(default_factory=list)
    pictures_decoded: int = 0
    notes: list[str] = field(default_factory=list)

    def grid(self) -> set[float]:
        """Times of the pictures that regular sampling takes."""
        times_s = self.index.times_s
        return set(times_s[on_grid(times_s, self.profile.sampling_interval_s)].tolist())
