"""The survey: where a camera's trigger card lies in a video, by looking at keyframes spread over it."""

from __future__ import annotations

from collections.abc import Iterator

from vtrack_ray.footage.pictures import Picture, Pictures, open_pictures
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Trigger
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.vision.trigger import find_card, read_trigger

_MOST_PICTURES = 120
"""Keyframes looked at in a video, spread evenly: 1.5 s of work at 1080p where there is no card to find."""


def survey(video: Video, trigger_text: str, expected: Area | None = None) -> Area | None:
    """Where the card with `trigger_text` lies in the video's pictures; None if it is seen nowhere.

    That is `expected` if the card is ever seen there, else where it is in the first picture in which it can be read.
    Raises VideoError.
    """
    with open_pictures(video.path) as pictures:
        if expected is not None and expected.fits(pictures.width_px, pictures.height_px):
            for picture in _overview(pictures, video):
                if read_trigger(picture.luma(), expected, trigger_text) is Trigger.ON:
                    return expected
        for picture in _overview(pictures, video):
            if area := find_card(picture.luma(), trigger_text):
                return area
    return None


def card_area(video: Video, profile: Profile) -> Area | None:
    """Where the trigger card is to be looked for in this video; None at a table without one.

    Somebody may have moved the card, or the camera, since it was found. Raises VideoError.
    """
    known = profile.qr_trigger_area
    if known is None or not profile.may_card_move:
        return known
    size = video.header.width_px, video.header.height_px
    return survey(video, profile.trigger_text, known) or (known if known.fits(*size) else Area(0, 0, *size))


def _overview(pictures: Pictures, video: Video) -> Iterator[Picture]:
    """The first keyframe of each of `_MOST_PICTURES` equal parts of the video that has one."""
    step_s = video.duration_s / _MOST_PICTURES
    for part in range(_MOST_PICTURES):
        for picture in pictures.keyframes(Span(part * step_s, (part + 1) * step_s)):
            yield picture
            break
