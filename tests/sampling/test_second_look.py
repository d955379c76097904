"""The second look: how far it goes."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from tests.conftest import THIRD
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing
from vtrack_ray.sampling.second_look import second_look, shortened
from vtrack_ray.sources.local import scan


def test_a_packing_too_long_to_be_looked_through_is_looked_at_from_both_ends() -> None:
    spans = [Span(0.0, 30.0), Span(100.0, 400.0)]
    assert shortened(spans, 120.0) == [Span(0.0, 30.0), Span(100.0, 160.0), Span(340.0, 400.0)]
    assert shortened(spans, 300.0) == spans


def test_a_label_too_small_for_single_pictures_is_read_from_several(tmp_path: Path) -> None:
    packing = Packing(events=1, event_s=(6, 7), label_s=3)
    order = Order(packing=packing, look=Look(width_px=960, height_px=540, label_module_px=1.1), recording=THIRD)
    [event] = render(order, tmp_path).events
    [file] = scan([tmp_path]).files
    video = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    log = second_look(video, Profile(camera_name="cam1"), Span(event.start_s, event.end_s))
    sights = [sight for sample in log.samples for sight in sample.sights or ()]
    assert {sight.code for sight in sights} == {*event.tracking_codes}
    assert "zxing" not in {sight.decoder for sight in sights}, "a picture as it is was enough"
