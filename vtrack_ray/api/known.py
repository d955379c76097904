"""What several routes look up: a video by its identity, and where the videos of an event are."""

from __future__ import annotations

from http import HTTPStatus

from vtrack_ray.api.refusals import Refusal
from vtrack_ray.ledger.answers import Answers
from vtrack_ray.ledger.values import VideoFilter, VideoRow
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


def paths_of(event: Event, answers: Answers) -> dict[str, str]:
    """Where the videos are that an event lies in, by their identities."""
    return answers.paths(list(event.video_ids))
