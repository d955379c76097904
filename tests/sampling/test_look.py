"""A look: which pictures it takes as they were recorded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.conftest import THIRD, TINY
from vtrack_ray.footage.picture import Picture
from vtrack_ray.footage.pictures import Pictures, open_pictures
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Trigger
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Order, Packing
from vtrack_ray.sampling.examiner import Examiner
from vtrack_ray.sampling.look import Look
from vtrack_ray.sampling.sampler import sample_span
from vtrack_ray.sampling.stages import Stages
from vtrack_ray.sampling.survey import survey
from vtrack_ray.sources.local import scan

SMOOTHED = replace(THIRD, preset="veryfast")
"""The fastest preset leaves blocks' edges as they are."""


@pytest.mark.parametrize(("brightness", "are_as_recorded"), [(1.0, False), (0.4, True)])
def test_in_the_dark_pictures_are_examined_as_they_were_recorded(
    brightness: float, are_as_recorded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is saved by leaving blocks' edges rough adds up to grey levels that a card in full light has to spare."""
    packing = Packing(events=1, event_s=(5, 5), before_s=2, after_s=2)
    render(Order(packing=packing, look=replace(TINY, brightness=brightness), recording=SMOOTHED), tmp_path)
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    profile = Profile(camera_name="cam1", qr_trigger_area=survey(video, "TimeGo"))
    with open_pictures(video.path) as pictures:
        look = Look(
            profile=profile,
            reach=Span(0.0, math.inf),
            index=pictures.index(Span(0.0, math.inf)),
            pictures=pictures,
            examiner=Examiner(profile),
            stages=Stages(),
        )
        for picture in pictures.keyframes(look.reach):
            look.examine_keyframe(picture)
        coarse = [sample for _, sample in sorted(look.samples.items())]
        before, after = next(pair for pair in pairwise(coarse) if pair[1].trigger is Trigger.OFF)
        assert before.trigger is Trigger.ON
        gap = Span(before.time_s, after.time_s)
        recorded = {picture.time_s: picture.luma().copy() for picture in pictures.all(gap)}
        taken = {picture.time_s: picture.luma().copy() for picture in look.references(gap, (before, after))}
        of_none = {picture.time_s: picture.luma().copy() for picture in look.references(gap, (after,))}
    assert len(taken) > 5
    assert all(np.array_equal(luma, recorded[time_s]) for time_s, luma in taken.items()) is are_as_recorded
    assert all(np.array_equal(luma, recorded[time_s]) for time_s, luma in of_none.items())

    references, smoothed = Pictures.references, list[bool]()

    def noted(self: Pictures, span: Span, *, smooth: bool = False) -> Iterator[Picture]:
        smoothed.append(smooth)
        return references(self, span, smooth=smooth)

    monkeypatch.setattr(Pictures, "references", noted)
    sample_span(video, profile, Span(0.0, video.duration_s))
    assert set(smoothed) == {are_as_recorded}
