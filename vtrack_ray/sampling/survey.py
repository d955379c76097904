"""The survey: a camera's trigger card, found in the first picture of a video in which it can be read."""

from __future__ import annotations

import numpy as np

from vtrack_ray.footage.packets import index_packets
from vtrack_ray.footage.pictures import open_pictures
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.vision.trigger import find_card

_MOST_PICTURES = 120
"""Keyframes looked at in a video, spread evenly: 1.5 s of work at 1080p where there is no card to find."""


def survey(video: Video, trigger_text: str) -> Area | None:
    """Where the card with `trigger_text` lies in the video's pictures, or None. Raises VideoError."""
    index = index_packets(video.path)
    keyframes_s = index.times_s[index.keyframe]
    count = min(keyframes_s.size, _MOST_PICTURES)
    chosen = keyframes_s[np.linspace(0, keyframes_s.size - 1, count).astype(int)]
    with open_pictures(video.path) as pictures:
        for time_s in chosen.tolist():
            for picture in pictures.keyframes(Span(time_s, float(np.nextafter(time_s, np.inf)))):
                if area := find_card(picture.luma(), trigger_text):
                    return area
    return None
