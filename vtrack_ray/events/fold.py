"""The fold: from the takes of one camera to its packing events, whatever order they came in."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from vtrack_ray import instants
from vtrack_ray.events.chain import Moment, Take, unbroken
from vtrack_ray.events.packing import Packing, by_trigger, read_packings
from vtrack_ray.meaning.event import Event, EventSight, EventStatus
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video


def fold(takes: Iterable[Take], profile: Profile) -> list[Event]:
    """All events of one camera's takes, by start; an event that copies of a video show as well is there once."""
    found: dict[str, list[Event]] = {}
    for seen in unbroken(takes, profile.continuation_gap_s):
        for packing in read_packings(seen, profile).packings:
            if event := _event(packing, seen, profile):
                found.setdefault(event.event_id, []).append(event)
    return sorted((_one(same, profile) for same in found.values()), key=lambda event: event.started_at)


def spans_without_code(take: Take, profile: Profile) -> list[Span]:
    """The stretches of one video that deserve a second look: packed, with no code read in this video.

    It depends on this video alone, so that the order in which neighbours arrive changes nothing. A packing that the
    video's edge cuts off is looked at however short its part in this video is.
    """
    if not profile.qr_trigger_area:
        return []
    return [
        Span((packing.start_us - take.start_us) / 1e6, (packing.end_us - take.start_us) / 1e6)
        for seen in unbroken([take], profile.continuation_gap_s)
        for packing in by_trigger(seen).packings
        if (packing.is_open or _duration_s(packing) >= profile.min_packing_s) and not _sights(_during(packing, seen))
    ]


def _event(packing: Packing, seen: Sequence[Moment], profile: Profile) -> Event | None:
    """The event of a packing; None for noise: shorter than min packing time and no code.

    One that is cut off is no noise, however little of it was recorded: nobody knows how long it was.
    """
    during = _during(packing, seen)
    sights = _sights(during)
    if not sights and not packing.is_open and _duration_s(packing) < profile.min_packing_s:
        return None
    videos: list[Video] = list(dict.fromkeys(moment.video for moment in during))
    origin_us = instants.to_us(videos[0].started_at)
    return Event(
        camera_name=profile.camera_name,
        started_at=instants.from_us(packing.start_us),
        ended_at=instants.from_us(packing.end_us),
        start_s=(packing.start_us - origin_us) / 1e6,
        end_s=(packing.end_us - origin_us) / 1e6,
        video_ids=tuple(video.video_id for video in videos),
        status=_status(_duration_s(packing), profile, is_open=packing.is_open, has_code=bool(sights)),
        sights=sights,
    )


def _one(same: Sequence[Event], profile: Profile) -> Event:
    """The event that several with one start are: what shows most of it stands, not a copy cut off or read worse."""
    best, *others = sorted(same, key=lambda event: (_is_open(event), -event.duration_s, -len(event.tracking_codes)))
    for other in others:
        if not set(other.tracking_codes) <= set(best.tracking_codes):
            best = _both(best, other, profile)
    return best


def _both(one: Event, other: Event, profile: Profile) -> Event:
    """Two events with one start that are no copies, as when another table's video lies in the folder: no code of them
    may be lost."""
    last = max(one, other, key=lambda event: (event.ended_at, not _is_open(event)))
    return replace(
        one,
        ended_at=last.ended_at,
        end_s=max(one.end_s, one.start_s + last.duration_s),
        video_ids=tuple(dict.fromkeys((*one.video_ids, *other.video_ids))),
        status=_status(last.duration_s, profile, is_open=_is_open(last), has_code=True),
        sights=tuple(sorted((*one.sights, *other.sights), key=lambda seen: seen.at)),
    )


def _is_open(event: Event) -> bool:
    return event.status is EventStatus.INCOMPLETE


def _status(duration_s: float, profile: Profile, *, is_open: bool, has_code: bool) -> EventStatus:
    if is_open:
        return EventStatus.INCOMPLETE
    if duration_s > profile.max_packing_s:
        return EventStatus.OVERLONG
    return EventStatus.COMPLETE if has_code else EventStatus.NO_CODE


def _duration_s(packing: Packing) -> float:
    return (packing.end_us - packing.start_us) / 1e6


def _during(packing: Packing, seen: Sequence[Moment]) -> Sequence[Moment]:
    first = bisect_left(seen, packing.start_us, key=lambda m: m.at_us)
    last = bisect_right(seen, packing.end_us, key=lambda m: m.at_us)
    return seen[first:last]


def _sights(during: Sequence[Moment]) -> tuple[EventSight, ...]:
    return tuple(
        EventSight(video_id=m.video.video_id, time_s=m.sample.time_s, at=instants.from_us(m.at_us), sight=sight)
        for m in during
        for sight in m.sample.sights or ()
    )
