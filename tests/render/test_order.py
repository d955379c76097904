from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from vtrack_ray.render.layout import lay_out
from vtrack_ray.render.order import Look, Order, Packing, Recording


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: Packing(event_s=(9.0, 4.0)), "event_s"),
        (lambda: Packing(idle_s=(1.0, 4.0)), "idle_s"),
        (lambda: Packing(events=2, unlabelled=(3,)), r"unlabelled names events \[3\]"),
        (lambda: Packing(events=1, passing_hands=3), "passing_hands"),
        (lambda: Packing(hands_over_label=True, event_s=(5.0, 9.0)), "hands_over_label takes event_s from 6.0 s"),
        (lambda: Packing(hands_over_label=True, label_s=1.0), "label_s from 2.5 s"),
        (lambda: Packing(lifted_s=0.7), "lifted_s is 0.7; it takes 0 to 0.6"),
        (lambda: Packing(lifted_s=0.5, event_s=(2.5, 3.0)), "lifted_s takes event_s from 4.0 s"),
        (lambda: Look(width_px=641), "even number"),
        (lambda: Look(tilt_deg=90), "tilt_deg"),
        (lambda: Look(parcel_scale=0), "parcel_scale is 0"),
        (lambda: Look(brightness=1.5), "brightness is 1.5"),
        (lambda: Look(light_drift=-4), "light_drift is -4"),
        (lambda: Look(light_period_s=0), "light_period_s is 0"),
        (lambda: Recording(codec="hevc", container="avi"), "avi can't hold hevc"),
        (lambda: Recording(container="avi", variable_frame_rate=True), "variable frame rate"),
        (lambda: Recording(codec="hevc", container="flv"), "flv can't hold hevc"),
        (lambda: Recording(container="avi", skip_unchanged=True), "avi has no times of its own"),
        (lambda: Recording(skip_unchanged=True, bitrate_kbps=500), "constant bit rate"),
        (lambda: Recording(skip_unchanged=True, still_s=0), "still_s is 0"),
        (lambda: Recording(container="mkv", fragmented=True), "mkv has no fragments; take mp4 or mov"),
        (lambda: Order(look=Look(clutter=True), recording=Recording(skip_unchanged=True)), "nothing to leave out"),
        (lambda: Recording(codec="mjpeg", bitrate_kbps=500), "mjpeg"),
        (lambda: Recording(zone="Nowhere/Town"), "time zone"),
        (lambda: Recording(started_at=datetime(2026, 11, 1)), "no time zone"),  # noqa: DTZ001
        (lambda: Order(cameras=("a", "a")), "not all different"),
        (lambda: Order(cameras=("../a",)), "no folder's name"),
        (lambda: Order(packing=Packing(events=0), recording=Recording(videos=2)), "2 videos"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence(wrong: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        wrong()


def test_labels_too_large_for_the_picture_are_refused() -> None:
    order = Order(packing=Packing(symbology="Code128"), look=Look(width_px=320, height_px=240))
    with pytest.raises(ValueError, match="too large for a picture of 320x240"):
        lay_out(order)


@pytest.mark.parametrize("symbology", ["QRCode", "Code128", "DataMatrix"])
@pytest.mark.parametrize("size", [(640, 360), (640, 480), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("parcel_scale", [0.1, 0.5, 1.0])
def test_the_parcel_covers_the_card_and_carries_the_labels(
    symbology: str, size: tuple[int, int], parcel_scale: float
) -> None:
    look = Look(width_px=size[0], height_px=size[1], parcel_scale=parcel_scale)
    layout = lay_out(Order(packing=Packing(symbology=symbology), look=look))  # type: ignore[arg-type]
    assert layout.parcel.fits(*size)
    assert layout.card.grown(layout.margin).x >= layout.parcel.x
    assert layout.card.right < layout.parcel.right
    assert layout.card.bottom < layout.tip_line < layout.parcel.bottom
    assert layout.hand_length <= layout.parcel.width
    assert layout.screen.fits(*size)
    assert layout.screen.y >= layout.parcel.bottom
    for x, y in layout.label_spots:
        assert x + layout.label_code.right <= layout.parcel.width
        assert layout.parcel.y + y + layout.label_code.bottom < layout.tip_line


def test_a_small_parcel_is_half_as_wide_and_one_too_small_is_as_large_as_its_load() -> None:
    usual, half, least = (lay_out(Order(look=Look(parcel_scale=scale))).parcel for scale in (1.0, 0.5, 0.01))
    assert (usual.width, usual.height) == (768, 518)
    assert half.width == 384
    assert least.width == 326
    assert least.height == half.height < usual.height
