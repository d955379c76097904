"""What several routes look up: a video by its identity, and where the videos of events are."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from vtrack_ray.api.refusals import Refusal
from vtrack_ray.ledger.answers import Answers
from vtrack_ray.ledger.values import EventRow, VideoFilter, VideoRow
from vtrack_ray.meaning.event import Event


def known_video(video_id: str, answers: Answers) -> VideoRow:
    """The video's record. Raises Refusal if there is none."""
    found = answers.videos(VideoFilter(video_ids=(video_id,)))
    if not found:
        raise Refusal(HTTPStatus.NOT_FOUND, "There is no video of that id; its file may have changed since.")
    return found[0]


def known_event(event_id: str, answers: Answers) -> Event:
    """The event with its sights. Raises Refusal if there is none."""
    found = answers.event(event_id)
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "There is no event of that id; it may have been found anew since.")
    return found


def paths_of(events: Iterable[Event | EventRow], answers: Answers) -> dict[str, str]:
    """Where the videos are that events lie in, by their identities."""
    ids = list({video_id for one in events for video_id in one.video_ids})
    return answers.paths(ids) if ids else {}
