"""A reader: the packets of a video file's first video stream, each with a time that its picture will carry too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from types import TracebackType
from typing import Self, TypeAlias

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from vtrack_ray.errors import NotAVideo
from vtrack_ray.footage.unusable import check_readable, from_os_error, no_pictures, not_decodable
from vtrack_ray.meaning.span import Span

VideoPacket: TypeAlias = "Packet[VideoStream]"

_FIRST_STEP_BACK_S = 2.0
"""Seeking in a transport stream lands somewhere near; then the reader steps back, each time four times as far."""


class Reader:
    """An open video file. One thread and one iteration at a time.

    Time zero is the stream's start, the timestamp of its first picture. AVI stores no presentation times, and FFmpeg's
    guesses are late, and wrong where pictures are reordered: there the packets' decoding times stand for them, which
    as a set are the same.

    Raises on opening: VideoVanished, VideoForbidden, NotAVideo.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.container, self.stream = _opened(path)
        self._is_at_start = True
        self._has_presentation_times = self.container.format.name != "avi"
        self.is_in_decoding_order = not self._has_presentation_times and self.stream.codec_context.has_b_frames
        """Whether timestamps belong to packets in decoding order rather than each to its own picture."""
        time_base = self.stream.time_base
        if time_base is None:
            raise NotAVideo(f"{path} has a video stream without a clock; rewrite it with: ffmpeg -i IN -c copy OUT.mkv")
        self._numerator, self._denominator = time_base.numerator, time_base.denominator
        self._zero = self._first_timestamp()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.container.close()

    def time_s(self, pts: int) -> float:
        """Seconds after the first picture of a packet's or picture's pts: the float nearest to the exact fraction."""
        return (pts - self._zero) * self._numerator / self._denominator

    def packets(self, span: Span) -> Iterator[VideoPacket | FFmpegError]:
        """Packets in decoding order, from a keyframe at or before the span to the first keyframe at or after its end.

        Every packet has a `pts` (see the class). Pictures shown before that last keyframe but stored after it are
        included. Where the file can't be read, the error comes in the packet's place, and what follows it goes on.
        """
        end: VideoPacket | None = None
        for item in self._from_keyframe_before(span.start_s):
            yield item
            if isinstance(item, FFmpegError):
                continue
            if end is not None and pts_of(item) > pts_of(end):
                return
            if end is None and item.is_keyframe and self.time_s(pts_of(item)) >= span.end_s:
                end = item

    def _from_keyframe_before(self, time_s: float) -> Iterator[VideoPacket | FFmpegError]:
        step_s = 0.0
        while time_s - step_s > 0:
            self._is_at_start = False
            try:
                self.container.seek(self._timestamp(time_s - step_s), stream=self.stream)
            except FFmpegError:
                # The container has no index and can't be searched either: it is read from its start.
                break
            rest = self._demuxed()
            found = next((item for item in rest if isinstance(item, Packet) and item.is_keyframe), None)
            if found is not None and self.time_s(pts_of(found)) <= time_s:
                yield from chain([found], rest)
                return
            step_s = step_s * 4 or _FIRST_STEP_BACK_S
        self._rewind()
        yield from self._demuxed()

    def _demuxed(self) -> Iterator[VideoPacket | FFmpegError]:
        """What the file holds from here on; ends at its end, or where two errors follow each other."""
        self._is_at_start = False
        failed = False
        while True:
            try:
                for packet in self.container.demux(self.stream):
                    if packet.pts is None or not self._has_presentation_times:
                        packet.pts = packet.dts
                    # An empty packet repeats the picture before it (AVI), or ends the stream (PyAV).
                    if packet.size > 0 and packet.pts is not None:
                        failed = False
                        yield packet
            except FFmpegError as error:
                yield error
                if failed:
                    return
                failed = True
            else:
                return

    def _first_timestamp(self) -> int:
        if self.stream.start_time is not None:
            return self.stream.start_time
        first = next((item for item in self._demuxed() if isinstance(item, Packet)), None)
        if first is None:
            raise NotAVideo(
                f"{self.path} has pictures without times, or none; give it times with: "
                "ffmpeg -framerate 25 -i IN -c copy OUT.mkv"
            )
        self._rewind()
        return pts_of(first)

    def _rewind(self) -> None:
        if not self._is_at_start:
            # Seeking to the start fails in some containers and misses pictures in others; opening again doesn't.
            self.container.close()
            self.container, self.stream = _opened(self.path)
            self._is_at_start = True

    def _timestamp(self, time_s: float) -> int:
        return self._zero + math.floor(time_s * self._denominator / self._numerator)


def _opened(path: str) -> tuple[InputContainer, VideoStream]:
    check_readable(path)
    try:
        # With the protocol's name in front, a colon in the path is only a colon.
        container = av.open(f"file:{path}")
    except FFmpegError as error:
        if isinstance(error, OSError):
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


def pts_of(packet: VideoPacket) -> int:
    if packet.pts is None:
        raise ValueError("a packet without a timestamp has left the reader")
    return packet.pts
