from __future__ import annotations

import numpy as np
import pytest

from vtrack_ray.render.layout import lay_out
from vtrack_ray.render.order import Look, Order, Packing
from vtrack_ray.render.stage import Stage
from vtrack_ray.render.timeline import SLIDE_S, plan


@pytest.mark.parametrize("symbology", ["QRCode", "Code128", "DataMatrix"])
@pytest.mark.parametrize("two_codes", [False, True])
@pytest.mark.parametrize("size", [(800, 600), (1920, 1080)])
def test_hands_over_labels_leave_no_code_whole_about_half_of_the_time(
    symbology: str, two_codes: bool, size: tuple[int, int]
) -> None:
    packing = Packing(
        events=4,
        event_s=(12.0, 16.0),
        two_codes=two_codes,
        hands_over_label=True,
        symbology=symbology,  # type: ignore[arg-type]
    )
    order = Order(packing=packing, look=Look(width_px=size[0], height_px=size[1], exposure_s=0.01))
    stage = Stage(plan(order, 0), lay_out(order), order.look)
    shares = []
    for packed in stage.timeline.packed:
        for stroke in packed.strokes:
            for time_s in np.arange(stroke.from_s, stroke.until_s, 0.04):
                assert stage.codes_shown(stage.at(float(time_s))) == ()
        for label in packed.labels:
            instants = np.arange(label.shown_s, packed.leaves_s, 0.04)
            shares.append(np.mean([label.code in stage.codes_shown(stage.at(float(t))) for t in instants]))
    assert np.mean(shares) == pytest.approx(0.5, abs=0.15)
    assert min(shares) > 0.25


@pytest.mark.parametrize("parcel_scale", [0.1, 1.0])
def test_a_parcel_that_is_lifted_frees_the_card_for_so_long_and_lies_on_it_again(parcel_scale: float) -> None:
    order = Order(packing=Packing(events=4, event_s=(4.0, 9.0), lifted_s=0.5), look=Look(parcel_scale=parcel_scale))
    stage = Stage(plan(order, 0), lay_out(order), order.look)
    for packed in stage.timeline.packed:
        instants = np.arange(packed.arrives_s + SLIDE_S, packed.leaves_s, 0.02)
        free = instants[[stage.frees_card(stage.at(float(t))) for t in instants]]
        assert packed.lifted
        assert (free[0], free[-1]) == pytest.approx(packed.lifted, abs=0.1)
        assert len(free) == pytest.approx((free[-1] - free[0]) / 0.02 + 1)
        assert free[-1] - free[0] < 0.7
