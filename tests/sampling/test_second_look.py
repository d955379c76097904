"""The second look: how far it goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import THIRD
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Sight
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing
from vtrack_ray.render.truth import TrueEvent
from vtrack_ray.sampling.second_look import second_look, shortened
from vtrack_ray.sources.local import scan


def test_a_packing_too_long_to_be_looked_through_is_looked_at_from_both_ends() -> None:
    spans = [Span(0.0, 30.0), Span(100.0, 400.0)]
    assert shortened(spans, 120.0) == [Span(0.0, 30.0), Span(100.0, 160.0), Span(340.0, 400.0)]
    assert shortened(spans, 300.0) == spans


@dataclass(frozen=True)
class Filmed:
    video: Video
    event: TrueEvent

    def sights(self, packing_area: Area | None = None) -> list[Sight]:
        span = Span(self.event.start_s, self.event.end_s)
        log = second_look(self.video, Profile(camera_name="cam1", packing_area=packing_area), span)
        return [sight for sample in log.samples for sight in sample.sights or ()]


def filmed(folder: Path, look: Look) -> Filmed:
    order = Order(packing=Packing(events=1, event_s=(6, 7), label_s=3), look=look, recording=THIRD)
    [event] = render(order, folder).events
    [file] = scan([folder]).files
    return Filmed(Video(file=file, header=probe(file, ZoneInfo("UTC"))), event)


def test_a_label_too_small_for_single_pictures_is_read_from_enlarged_ones(tmp_path: Path) -> None:
    one = filmed(tmp_path, Look(width_px=960, height_px=540, label_module_px=1.1))
    sights = one.sights()
    assert {sight.code for sight in sights} == {*one.event.tracking_codes}
    assert {sight.decoder for sight in sights} <= {"zxing x2", "zxing x3", "zbar"}


def test_a_label_that_no_single_picture_shows_well_enough_is_read_from_several(tmp_path: Path) -> None:
    leaning = Look(width_px=960, height_px=540, label_module_px=1.7, tilt_deg=20, blur_px=0.7)
    one = filmed(tmp_path, leaning)
    sights = one.sights()
    assert {sight.code for sight in sights} == {*one.event.tracking_codes}
    assert {sight.decoder for sight in sights} == {"fused x3"}
    assert all(sight.fused_s for sight in sights)
    around = sights[0].area.grown(40)
    assert [sight.area for sight in one.sights(around)] == [pytest.approx(tuple(s.area), abs=3) for s in sights]
    assert one.sights(Area(around.right, 0, 960 - around.right, 540)) == []
