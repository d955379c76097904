"""The trigger: whether its card can be seen, and where it lies."""

from __future__ import annotations

from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.sample import Trigger
from vtrack_ray.vision.codes import Reading, read_codes
from vtrack_ray.vision.view import Luma, view

_CARD = ("QRCode",)
CARD_ROOM = 4
"""How many times as large as the card's code is the area that find_card gives."""
_CHEAP_PX = 400 * 400
"""Up to this many pixels a second try at twice the size is cheap: see read_trigger."""


def find_card(luma: Luma, text: str) -> Area | None:
    """Where the trigger card lies in the picture: the QR code of that text, grown on each side by half its size so
    that a card nudged on the table stays inside, and clipped to the picture. None if it can't be seen."""
    height_px, width_px = luma.shape
    for scale in (1, 2):
        card = _card(read_codes(luma, symbologies=_CARD, scale=scale), text)
        if card is not None:
            return card.area.grown(max(card.area.width, card.area.height) // 2).within(width_px, height_px)
    return None


def read_trigger(luma: Luma, area: Area, text: str) -> Trigger:
    """On if the card's QR code can be read in `area`, else Off.

    0.1 to 0.4 ms on a card's own area; a second try at twice the size costs as little again there.
    """
    if _card(read_codes(luma, symbologies=_CARD, area=area), text):
        return Trigger.ON
    if area.width * area.height <= _CHEAP_PX and _card(read_codes(luma, symbologies=_CARD, area=area, scale=2), text):
        return Trigger.ON
    return Trigger.OFF


def contrast(luma: Luma, area: Area) -> float:
    """The standard deviation of the grey levels in `area`, which holds the card and some table around it."""
    return float(view(luma, area).pixels.std())


def _card(readings: list[Reading], text: str) -> Reading | None:
    return next((reading for reading in readings if reading.text == text), None)
