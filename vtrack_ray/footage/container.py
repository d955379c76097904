"""A container: an opened video file, its video stream, and the stream's packets as the file stores them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TypeAlias, cast

import av
from av.container import InputContainer
from av.error import ArgumentError, FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from vtrack_ray.errors import VideoError
from vtrack_ray.footage.origin import is_address, open_remote
from vtrack_ray.footage.ranged import Hollow, RangedFile
from vtrack_ray.footage.unusable import check_readable, from_os_error, no_pictures, not_decodable

VideoPacket: TypeAlias = "Packet[VideoStream]"

_OWN_TIMES = {"correct_ts_overflow": "0"}
"""FFmpeg takes timestamps below the first one for a counter that ran over, and adds 26.5 hours: see clock.Clock."""

_HOLDING = (
    *(
        "mov",
        "matroska",
        "avi",
        "mpegts",
        "mpeg",
        "flv",
        "live_flv",
        "kux",
        "asf",
        "asf_o",
        "dhav",
        "mxf",
        "nut",
        "ogg",
    ),
    *("wtv", "gxf", "rm", "dv", "ivf", "mjpeg", "mpjpeg", "jpeg_pipe", "smjpeg", "yuv4mpegpipe", "gif"),
    *("h261", "h263", "h264", "hevc", "vvc", "av1", "obu", "vc1", "vc1test", "mpegvideo", "m4v", "cavsvideo"),
    *("aac", "ac3", "amr", "au", "flac", "mp3", "wav"),  # of these it is told that they hold no pictures
)
"""FFmpeg's names of the containers that hold what they show, and so may be read. Others list files that FFmpeg would
read then, wherever they are and whatever the walk has left out: a text of two lines can be one."""

_ITSELF = _OWN_TIMES | {"format_whitelist": ",".join(_HOLDING)}
_NOT_ALLOWED = "invalid, or in none of the containers that are read"
"""What FFmpeg calls an invalid argument, be it the file's content or a container that is not on the list."""

_BUFFER_BYTES = 8192

_LISTED = "mov,mp4,m4a,3gp,3g2,mj2"
"""FFmpeg's name of the containers whose header lists every packet: demuxing needs nothing of what is in them."""

_BY_THE_LIST = {"fflags": "noparse"}
"""Packets are taken as the header describes them, without a look inside."""


@dataclass(frozen=True, eq=False)
class Opened:
    """An open file and the video stream that counts; `remote` where its bytes come from elsewhere."""

    path: str
    container: InputContainer
    remote: RangedFile | Hollow | None = None

    @cached_property
    def stream(self) -> VideoStream:
        """Raises NotAVideo."""
        stream = _counting(self.path, self.container)
        # One task, one core: the scheduler gives out cores, and threads here would take them twice.
        stream.codec_context.thread_count = 1
        return stream

    @property
    def is_listed(self) -> bool:
        """Whether the file's header lists every packet."""
        return self.container.format.name == _LISTED

    def raise_unread(self) -> None:
        """Raises the VideoError that fetching the file's bytes has met: FFmpeg may take it for the file's end."""
        if self.remote is not None and self.remote.error is not None:
            raise self.remote.error

    def close(self) -> None:
        self.container.close()
        if self.remote is not None:
            self.remote.close()


class Contents(Enum):
    """Of which packets it is wanted what is in them; the times and sizes are those of all."""

    ALL = "all"
    KEYFRAMES = "keyframes"
    NONE = "none"


def opened(path: str, *, wanted: Contents = Contents.ALL) -> Opened:
    """The open file. Raises VideoUnreachable, VideoForbidden, NotAVideo.

    In a file elsewhere whose header lists all packets, those that are not wanted hold zeros, and are not fetched.
    """
    check_readable(path)
    if not is_address(path):
        return _opened(path, None, _ITSELF)
    remote = open_remote(path)
    if wanted is Contents.ALL:
        return _opened(path, remote, _ITSELF)
    hollow = Hollow(remote)
    file = _opened(path, hollow, _ITSELF | _BY_THE_LIST)
    if file.is_listed:
        hollow.hollow_out(
            (entry.pos, entry.pos + entry.size)
            for stream in file.container.streams
            for entry in stream.index_entries
            if wanted is Contents.NONE or stream != file.stream or not entry.is_keyframe
        )
    return file


def _opened(path: str, remote: RangedFile | Hollow | None, options: dict[str, str]) -> Opened:
    try:
        # With the protocol's name in front, a colon in the path is only a colon.
        container = cast(
            "InputContainer", av.open(remote or f"file:{path}", options=options, buffer_size=_BUFFER_BYTES)
        )
    except (FFmpegError, VideoError) as error:
        said = remote.error if remote is not None else None
        if remote is not None:
            remote.close()
        if said is not None or not isinstance(error, FFmpegError):
            raise said or error from error
        # It was there a moment ago; of other errors, FFmpeg does not tell the disk's from the file's.
        if isinstance(error, FileNotFoundError | PermissionError):
            raise from_os_error(path, error) from error
        why = _NOT_ALLOWED if isinstance(error, ArgumentError) else error.strerror or str(error)
        raise not_decodable(path, why) from error
    file = Opened(path, container, remote)
    try:
        file.raise_unread()
        file.stream  # noqa: B018  it must have one
    except BaseException:
        file.close()
        raise
    return file


def _counting(path: str, container: InputContainer) -> VideoStream:
    """The video stream that counts. Raises NotAVideo."""
    moving = [stream for stream in container.streams.video if Disposition.attached_pic not in stream.disposition]
    if not moving:
        raise no_pictures(path)
    # As players do it: the stream that the file calls its default one, of several the largest picture.
    stream = max(moving, key=lambda s: (Disposition.default in s.disposition, s.width * s.height))
    if stream.codec_context is None:
        raise not_decodable(path, "its codec is not supported")
    return stream


def demuxed(file: Opened) -> Iterator[VideoPacket | FFmpegError]:
    """What the file holds from here on; ends at its end, or where two errors follow each other.

    Raises VideoError where its bytes can't be fetched: that is never its end.
    """
    failed = False
    while True:
        try:
            for packet in file.container.demux(file.stream):
                file.raise_unread()
                # An empty packet repeats the picture before it (AVI), or ends the stream (PyAV).
                if packet.size > 0:
                    failed = False
                    yield packet
        except FFmpegError as error:
            file.raise_unread()
            yield error
            if failed:
                return
            failed = True
        else:
            file.raise_unread()
            return
