"""An examiner: one picture and one profile in, one sample out."""

from __future__ import annotations

from vtrack_ray.footage.pictures import Picture
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Sample, Sight, Trigger
from vtrack_ray.vision.codes import Reading, read_codes
from vtrack_ray.vision.hands import hand_finder
from vtrack_ray.vision.motion import surroundings
from vtrack_ray.vision.trigger import read_trigger


class Examiner:
    """Looks at pictures for what the profile needs, and for nothing else.

    With a trigger: its state, and codes while it is Off. Without one: codes and hands.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def examine(self, picture: Picture, *, before: Picture | None = None, trigger_only: bool = False) -> Sample:
        """The picture's sample; with `trigger_only`, codes are not looked for. `before` is an earlier picture."""
        profile = self._profile
        if profile.qr_trigger_area is None:
            return Sample(time_s=picture.time_s, sights=self.sights(picture), hand=self.shows_hand(picture, before))
        trigger = read_trigger(picture.luma(), profile.qr_trigger_area, profile.trigger_text)
        if trigger_only or trigger is Trigger.ON:
            return Sample(time_s=picture.time_s, trigger=trigger)
        return Sample(time_s=picture.time_s, trigger=trigger, sights=self.sights(picture))

    def shows_hand(self, picture: Picture, before: Picture | None = None) -> bool:
        """Whether a hand shows in the packing area; a small one is found only around what moved since `before`."""
        area = self._profile.packing_area
        if hand_finder().finds(picture, area):
            return True
        close = surroundings(before.luma(), picture.luma(), area) if before else None
        return close is not None and hand_finder().finds(picture, close)

    def sights(self, picture: Picture) -> tuple[Sight, ...]:
        """The tracking codes in the packing area."""
        readings = read_codes(picture.luma(), symbologies=self._profile.symbologies, area=self._profile.packing_area)
        return tracking_codes(readings, self._profile)


def tracking_codes(readings: list[Reading], profile: Profile) -> tuple[Sight, ...]:
    """The readings that are tracking codes by the profile, in a fixed order."""
    sights = {
        Sight(code=r.text, symbology=r.symbology, area=Area(*r.area), decoder=r.decoder)
        for r in readings
        if profile.is_tracking_code(r.text)
    }
    return tuple(sorted(sights, key=lambda s: (s.code, s.decoder, s.area)))
