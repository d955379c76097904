"""A container: an opened video file, its video stream, and the stream's packets as the file stores them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from vtrack_ray.footage.unusable import check_readable, from_os_error, no_pictures, not_decodable

VideoPacket: TypeAlias = "Packet[VideoStream]"

_OWN_TIMES = {"correct_ts_overflow": "0"}
"""FFmpeg takes timestamps below the first one for a counter that ran over, and adds 26.5 hours: see clock.Clock."""


def opened(path: str) -> tuple[InputContainer, VideoStream]:
    """The open file and the video stream that counts. Raises VideoUnreachable, VideoForbidden, NotAVideo."""
    check_readable(path)
    try:
        # With the protocol's name in front, a colon in the path is only a colon.
        container = av.open(f"file:{path}", options=_OWN_TIMES)
    except FFmpegError as error:
        # It was there a moment ago; of other errors, FFmpeg does not tell the disk's from the file's.
        if isinstance(error, FileNotFoundError | PermissionError):
            raise from_os_error(path, error) from error
        raise not_decodable(path, error.strerror or str(error)) from error
    moving = [stream for stream in container.streams.video if Disposition.attached_pic not in stream.disposition]
    if not moving:
        container.close()
        raise no_pictures(path)
    # As players do it: the stream that the file calls its default one, of several the largest picture.
    stream = max(moving, key=lambda s: (Disposition.default in s.disposition, s.width * s.height))
    if stream.codec_context is None:
        container.close()
        raise not_decodable(path, "its codec is not supported")
    # One task, one core: the scheduler gives out cores, and threads here would take them twice.
    stream.codec_context.thread_count = 1
    return container, stream


def demuxed(container: InputContainer, stream: VideoStream) -> Iterator[VideoPacket | FFmpegError]:
    """What the file holds from here on; ends at its end, or where two errors follow each other."""
    failed = False
    while True:
        try:
            for packet in container.demux(stream):
                # An empty packet repeats the picture before it (AVI), or ends the stream (PyAV).
                if packet.size > 0:
                    failed = False
                    yield packet
        except FFmpegError as error:
            yield error
            if failed:
                return
            failed = True
        else:
            return
