"""A file on the head, read through its HTTP service by ranges: where a machine does not see the source itself."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import NamedTuple, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from vtrack_ray.errors import VideoError, VideoForbidden, VideoUnreachable, VideoVanished
from vtrack_ray.meaning.sampling_log import SamplingLog
from vtrack_ray.meaning.video import FoundFile, Video
from vtrack_ray.settings import Settings
from vtrack_ray.sources.proof import Proof, digest_by

T = TypeVar("T")

SCHEME = "head"
_ADDRESS = re.compile(rf"{SCHEME}://(?P<video_id>[0-9a-f]+)/(?P<size>\d+)")
_ANSWER_S = 30.0
_TRIES = 4
_PAUSE_S = 1.0
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.REQUEST_TIMEOUT)


class Through(NamedTuple):
    """The head's HTTP service, `http://host:port`, and a token that allows to read."""

    service: str
    secret: str


_through: ContextVar[Through | None] = ContextVar("through", default=None)


@contextmanager
def reading_through(through: Through | None) -> Iterator[None]:
    """Has addresses on the head be read through that service."""
    before = _through.set(through)
    try:
        yield
    finally:
        _through.reset(before)


def called(
    function: Callable[..., T], args: Sequence[object], kwargs: Mapping[str, object], through: Through | None
) -> T:
    """What the function gives for these arguments. With `through`, the videos among them are read through the head; in
    what it gives, and in what it raises, they have their own names all the same."""
    if through is None:
        return function(*args, **kwargs)
    far = {on_the_head(one): one for one in args if isinstance(one, Video)}
    try:
        with reading_through(through):
            result = function(*(on_the_head(one) if isinstance(one, Video) else one for one in args), **kwargs)
    except VideoError as error:
        text = str(error)
        for there, video in far.items():
            text = text.replace(there.path, video.path)
        raise type(error)(text) from error
    if isinstance(result, SamplingLog):
        ids = {there.video_id: video.video_id for there, video in far.items()}
        return replace(result, video_id=ids[result.video_id])
    return result


def on_the_head(video: Video) -> Video:
    """The video as it is to be read through the head: its path is an address."""
    address = f"{SCHEME}://{video.video_id}/{video.file.size_bytes}"
    return replace(video, file=replace(video.file, path=address))


@dataclass(frozen=True)
class HeadFile:
    """One file; `identity` is the video's, which is another one once the file has changed."""

    identity: str
    size_bytes: int
    through: Through
    md5: str | None = None

    def fetch(self, offset: int, length: int) -> bytes:
        """So many bytes from there. Raises VideoUnreachable, VideoVanished, VideoForbidden."""
        if length == 0:
            return b""
        request = Request(  # noqa: S310  http alone, as the head says it
            f"{self.through.service}/api/v1/videos/{self.identity}/file",
            headers={
                "Range": f"bytes={offset}-{offset + length - 1}",
                "Authorization": f"Bearer {self.through.secret}",
            },
        )
        for tried in range(1, _TRIES + 1):
            try:
                with urlopen(request, timeout=_ANSWER_S) as answer:  # noqa: S310
                    data: bytes = answer.read()
                    return data
            except HTTPError as error:
                if error.code not in _BUSY:
                    raise _refused(self.identity, error) from error
                why = f"answered with {error.code}"
            except (URLError, OSError, http.client.HTTPException) as error:
                why = str(getattr(error, "reason", error))
            if tried < _TRIES:
                time.sleep(_PAUSE_S * tried)
        raise VideoUnreachable(f"the head's HTTP service {self.through.service} can't be read through: {why}")


def open_file(address: str, _settings: Settings) -> HeadFile:
    """The file at an address that `on_the_head` made. Raises VideoUnreachable if no head is known."""
    through, found = _through.get(), _ADDRESS.fullmatch(address)
    if through is None or found is None:
        raise VideoUnreachable(f"{address} can't be read: nobody told through which service")
    return HeadFile(found["video_id"], int(found["size"]), through)


def doubt_through(proof: Proof, through: Through) -> str | None:
    """Why the file can't be read through the head, for a person; None if it can."""
    file: FoundFile = proof.file
    try:
        digest = digest_by(HeadFile(file.video_id, file.size_bytes, through).fetch, file.size_bytes)
    except VideoError as error:
        return str(error)
    return None if digest == proof.digest else f"{file.path} arrives with other bytes through the head"


def _refused(video_id: str, error: HTTPError) -> VideoError:
    said = error.read(2000).decode("utf-8", "replace")
    text = f"the head does not give the file of video {video_id} ({error.code}): {said}"
    match error.code:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return VideoForbidden(text)
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE | HTTPStatus.CONFLICT:
            return VideoVanished(text)
        case _:
            return VideoUnreachable(text)
