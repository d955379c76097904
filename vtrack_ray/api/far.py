"""A far file: a video elsewhere as an answer, fetched piece by piece while it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi.responses import StreamingResponse
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from vtrack_ray.api.ranges import part_of
from vtrack_ray.drive.patience import short_patience
from vtrack_ray.footage.origin import open_remote, reading_by, size_of, stamp_of
from vtrack_ray.settings import Settings

_PIECE = 2 * 2**20
_AT_ONCE = 4

_T = TypeVar("_T")


def at_once() -> CapacityLimiter:
    """How many pieces are fetched at once, whoever asks; the others wait, and take no thread meanwhile."""
    return CapacityLimiter(_AT_ONCE)


class FarFile(StreamingResponse):
    """A file at an address, or a range of it, with no more than a piece of it in memory.

    The first piece is there before the answer begins, so that what is amiss is told by its status. If a later one can't
    be had, the connection is cut, and the client knows by the length that something is missing.
    """

    def __init__(self, path: str, settings: Settings, far: CapacityLimiter, *, media_type: str, filename: str) -> None:
        self._path = path
        self._settings = settings
        self._far = far
        named = f"inline; filename*=utf-8''{quote(filename, safe='')}"
        super().__init__((), media_type=media_type, headers={"Accept-Ranges": "bytes", "Content-Disposition": named})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, stamp = await self._apart(lambda: (size_of(self._path), stamp_of(self._path)))
        asked = Headers(scope=scope)
        self.headers["ETag"] = f'"{quote(str(stamp), safe="")}"'
        is_stale = asked.get("If-Range", self.headers["ETag"]) != self.headers["ETag"]
        part = part_of("" if is_stale else asked.get("Range", ""), size)
        self.headers["Content-Length"] = str(part.end - part.begin)
        if not part.is_all:
            self.status_code = HTTPStatus.PARTIAL_CONTENT
            self.headers["Content-Range"] = f"bytes {part.begin}-{part.end - 1}/{size}"
        if scope["method"] != "HEAD":
            first_end = min(part.end, part.begin + _PIECE)
            first = await self._apart(lambda: self._read(part.begin, first_end))
            self.body_iterator = self._pieces(first, first_end, part.end)
        await super().__call__(scope, receive, send)

    async def _pieces(self, first: bytes, begin: int, end: int) -> AsyncIterator[bytes]:
        yield first
        for at in range(begin, end, _PIECE):
            yield await self._apart(lambda at=at: self._read(at, min(end, at + _PIECE)))  # type: ignore[misc]

    async def _apart(self, function: Callable[[], _T]) -> _T:
        """What a function gives that waits for others, called in a thread."""
        with reading_by(self._settings), short_patience():
            return await anyio.to_thread.run_sync(function, limiter=self._far)

    def _read(self, begin: int, end: int) -> bytes:
        with open_remote(self._path) as file:
            file.seek(begin)
            file.bring(end)
            return b"".join(iter(lambda: file.read(end - file.tell()), b""))
