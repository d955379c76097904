"""A refold: all events of all concluded videos, folded anew from nothing but their sampling logs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from vtrack_ray import instants
from vtrack_ray.events.chain import Take
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.soundness import Concluded
from vtrack_ray.ledger.values import Refolded
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.video import Video
from vtrack_ray.pipeline.detector import EventDetector
from vtrack_ray.pipeline.launcher import LocalStore

_BATCH = 12
"""So many hours of samples, in recordings of an hour, take some 100 MB."""


@dataclass(frozen=True, kw_only=True)
class CameraRefold:
    """One camera's events as its logs tell them.

    `is_certain`: all of its videos were concluded with one profile, which is known. Otherwise an event near a video of
    another profile may have come out differently, for it mattered which of them was concluded first.
    """

    camera_name: str
    profile: Profile
    events: tuple[Event, ...]
    is_certain: bool


def refold(ledger: Ledger) -> list[CameraRefold]:
    """The events of every camera with concluded videos. Raises LedgerError if the logs can't be read."""
    profiles = ledger.profiles_by_digest()
    latest = {profile.camera_name: profile for profile in ledger.profiles()}
    by_camera = sorted(ledger.concluded(), key=lambda concluded: concluded.video.camera_name)
    return [
        _camera(ledger, camera_name, list(videos), profiles, latest.get(camera_name, Profile(camera_name=camera_name)))
        for camera_name, videos in groupby(by_camera, key=lambda concluded: concluded.video.camera_name)
    ]


def _camera(
    ledger: Ledger, camera_name: str, videos: Sequence[Concluded], profiles: Mapping[str, Profile], latest: Profile
) -> CameraRefold:
    digests = {concluded.profile_digest for concluded in videos}
    known = {digest: profile.model_copy(update={"camera_name": camera_name}) for digest, profile in profiles.items()}
    events: dict[str, Event] = {}
    if is_certain := len(digests) == 1 and digests <= known.keys():
        [profile] = [known[digest] for digest in digests if digest]
        for refolded in _windows(ledger, videos, profile):
            events |= {event.event_id: event for event in refolded.events}
    else:
        profile = latest
        for video, digest in videos:  # in the order in which they were concluded: what came later stands
            refolded = _fold_around(ledger, [video], known.get(digest or "", latest))
            events = {event_id: event for event_id, event in events.items() if not _is_replaced(event, refolded)}
            events |= {event.event_id: event for event in refolded.events}
    in_order = sorted(events.values(), key=lambda event: event.started_at)
    return CameraRefold(camera_name=camera_name, profile=profile, events=tuple(in_order), is_certain=is_certain)


def _windows(ledger: Ledger, videos: Sequence[Concluded], profile: Profile) -> Iterator[Refolded]:
    """Windows that take in all of the videos, each around several at once: every one costs its neighbours too."""
    waiting = deque(sorted((concluded.video for concluded in videos), key=lambda video: video.started_at))
    while waiting:
        batch = [waiting.popleft() for _ in range(min(_BATCH, len(waiting)))]
        yield (window := _fold_around(ledger, batch, profile))
        while waiting and _takes_in(ledger, window, waiting[0]):  # as where many run side by side
            waiting.popleft()


def _fold_around(ledger: Ledger, videos: Sequence[Video], profile: Profile) -> Refolded:
    return asyncio.run(EventDetector(LocalStore(ledger)).fold_around(videos, profile, is_there=True))


def _takes_in(ledger: Ledger, window: Refolded, video: Video) -> bool:
    """Whether the window takes in the video, with what was sampled behind the end that its header tells."""
    if (window.after and video.started_at <= window.after) or (window.until and window.until < video.ended_at):
        return False
    take = Take(video=video, logs=tuple(ledger.logs([video.video_id])[video.video_id]))
    return window.until is None or instants.from_us(take.end_us) <= window.until


def _is_replaced(event: Event, window: Refolded) -> bool:
    return (window.after is None or window.after < event.ended_at) and (
        window.until is None or event.ended_at <= window.until
    )
