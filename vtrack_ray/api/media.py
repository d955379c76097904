"""What is seen: a video's file, a picture of it, and an event's stretch, as browsers play and show them."""

from __future__ import annotations

import mimetypes
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import cv2
from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import Receive, Scope, Send

from vtrack_ray.api.asking import Asked, InForce
from vtrack_ray.api.clips import Clips
from vtrack_ray.api.far import FarFile
from vtrack_ray.api.known import known_event, known_video
from vtrack_ray.api.ranges import part_of
from vtrack_ray.api.refusals import Refusal, refusals
from vtrack_ray.drive.patience import short_patience
from vtrack_ray.footage.clip import Part
from vtrack_ray.footage.origin import is_address, reading_by
from vtrack_ray.footage.pictures import open_pictures
from vtrack_ray.ledger.answers import Answers
from vtrack_ray.ledger.values import VideoFilter
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.span import Span
from vtrack_ray.pipeline.excerpt import excerpts, unchanged
from vtrack_ray.sources.walk import printable

_GONE = refusals(
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.GONE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_GONE[HTTPStatus.SERVICE_UNAVAILABLE]["description"] = (
    "the service is being started, or the file is out of reach for now; ask again after `Retry-After` seconds"
)
_GONE_OR_OUTSIDE = _GONE | refusals(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
_HEAD = {status: {"description": told["description"]} for status, told in _GONE_OR_OUTSIDE.items()}
"""An answer to HEAD is the headers alone."""
_BEING_CUT: dict[int | str, dict[str, Any]] = {
    202: {"description": "it is being cut; ask again after `Retry-After` seconds"}
}
_ASK_AGAIN_S = 5
_QUALITY = 85

routes = APIRouter(prefix="/api/v1", tags=["Media"])


class _Pieces(FileResponse):
    """A file, given so that no client that is slow to take it, or takes a part alone, has all of it under way.

    Serve's proxy, where there is one, takes from its replicas whatever they give, and keeps what a client has not taken
    yet in memory and on the disk. A browser that plays a video asks for all from some place on, and goes on asking
    where it is given less.
    """

    chunk_size = 2**20

    def __init__(self, path: str | Path, *, media_type: str, filename: str) -> None:
        status = Path(path).stat()
        super().__init__(
            path, media_type=media_type, filename=filename, stat_result=status, content_disposition_type="inline"
        )
        self._size = status.st_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises Refusal where the file has no such bytes."""
        asked = MutableHeaders(scope=scope)
        is_same = asked.get("If-Range", self.headers["ETag"]) in (self.headers["ETag"], self.headers["Last-Modified"])
        part = part_of(asked.get("Range", "") if is_same else "", self._size)
        # What comes of a range is decided in one way for all files; the rest is Starlette's.
        del asked["Range"]
        if not part.is_all:
            asked["Range"] = f"bytes={part.begin}-{part.end - 1}"
        await super().__call__(scope, receive, send)


def _content(kind: str, **more: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}, **more}}


@routes.head("/videos/{video_id}/file", response_class=Response, responses=_HEAD)
@routes.get(
    "/videos/{video_id}/file",
    response_class=FileResponse,
    responses=_GONE_OR_OUTSIDE | _content("video/*", description="the file, or the range of it that was asked for"),
)
def video_file(video_id: str, answers: Asked, settings: InForce, request: Request) -> Response:
    """The recorded file as it is; a `Range` of it, if one is asked for: the next 4 MB, where it has no end.

    One at Google Drive is fetched while it is sent.
    """
    row = known_video(video_id, answers)
    path = unchanged(row)
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    if is_address(path):
        return FarFile(path, settings, request.app.state.far, media_type=kind, filename=_name(row.path))
    return _Pieces(path, media_type=kind, filename=_name(row.path))


@routes.get(
    "/videos/{video_id}/picture",
    response_class=Response,
    responses=_GONE | _content("image/jpeg", description="the picture, as recorded: any rotation tag is left aside"),
)
def picture(
    video_id: str,
    answers: Asked,
    settings: InForce,
    time_s: Annotated[float, Query(ge=0, le=1e7, description="seconds after the video's first picture")] = 0.0,
    max_width: Annotated[
        int, Query(ge=16, le=8192, description="it is made smaller where it is wider, in pixels")
    ] = 8192,
) -> Response:
    """The picture that is shown at that time, or the next one there is; pixels are those that areas are set in."""
    path = unchanged(known_video(video_id, answers))
    with reading_by(settings), short_patience(), open_pictures(path) as pictures:
        found = next(pictures.all(Span(time_s, float("inf"))), None)
        if found is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "The video has no picture at that time or behind it.")
        pixels = found.rgb(max_width_px=max_width)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Response(jpeg.tobytes(), media_type="image/jpeg")


@routes.head("/events/{event_id}/clip", response_class=Response, responses=_HEAD | _BEING_CUT)
@routes.get(
    "/events/{event_id}/clip",
    response_class=FileResponse,
    responses=_GONE_OR_OUTSIDE
    | _content("video/mp4", description="the clip, or the range of it that was asked for")
    | _BEING_CUT,
)
def clip(event_id: str, answers: Asked, settings: InForce, request: Request) -> Response:
    """The event's stretch of the recordings, with a moment before and after, as an MP4 that browsers play."""
    event = known_event(event_id, answers)
    clips: Clips = request.app.state.clips
    with reading_by(settings), short_patience():
        path = clips.clip(event.video_ids, _parts(event, answers))
    if path is None:
        return Response(status_code=HTTPStatus.ACCEPTED, headers={"Retry-After": str(_ASK_AGAIN_S)})
    code = "-".join(event.tracking_codes[:1]) or event_id
    return _Pieces(path, media_type="video/mp4", filename=f"{code}.mp4")


def _parts(event: Event, answers: Answers) -> list[Part]:
    """The stretches of the event's videos, one behind the other."""
    rows = {row.video_id: row for row in answers.videos(VideoFilter(video_ids=event.video_ids))}
    profile = answers.profile(event.camera_name) or Profile(camera_name=event.camera_name)
    return [excerpt.part() for excerpt in excerpts(event, rows, profile.clip_margin_s)]


def _name(path: str) -> str:
    return printable(Path(path).name)
