"""A reader: the packets of a file's video stream that counts, each with a time that its picture will carry too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from types import TracebackType
from typing import Self

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from vtrack_ray.errors import NotAVideo
from vtrack_ray.footage.clock import WIRE, read_clock
from vtrack_ray.footage.container import Contents, Opened, VideoPacket, demuxed, opened
from vtrack_ray.footage.strays import STRAYING, Strays
from vtrack_ray.meaning.span import Span

_FIRST_STEP_BACK_S = 2.0
"""Seeking in a transport stream lands somewhere near; then the reader steps back, each time four times as far."""

_CHUNK_HEADER_BYTES = 8
"""AVI's index points to a chunk's header, FFmpeg's packets to what is behind it."""


class Reader:
    """An open video file. One thread and one iteration at a time.

    Time zero is the stream's start, the timestamp of its first picture. AVI stores no presentation times, and FFmpeg's
    guesses are late, and wrong where pictures are reordered; program streams may store some only. There the packets'
    decoding times stand for them, which as a set are the same.

    Raises on opening: VideoUnreachable, VideoForbidden, NotAVideo.
    """

    def __init__(self, path: str, *, wanted: Contents = Contents.ALL) -> None:
        self.path = path
        self._wanted = wanted
        self._file: Opened = opened(path, wanted=wanted)
        try:
            self._set_clock()
        except BaseException:
            self._file.close()
            raise

    @property
    def container(self) -> InputContainer:
        return self._file.container

    @property
    def stream(self) -> VideoStream:
        return self._file.stream

    @contextmanager
    def narrowed(self, wanted: Contents) -> Iterator[Reader]:
        """The file for going through all packets, but reading of these alone what is in them: of a file elsewhere,
        no more is fetched."""
        if self._file.remote is None or not self._file.is_listed:
            yield self
            return
        with Reader(self.path, wanted=wanted) as narrowed:
            yield narrowed

    def _set_clock(self) -> None:
        """Finds out how the file keeps its times."""
        self._is_at_start = True
        self.clock = read_clock(self.path) if self.container.format.name in WIRE else None
        self._has_presentation_times = self.clock.is_complete if self.clock else self.container.format.name != "avi"
        self.is_in_decoding_order = not self._has_presentation_times and self.stream.codec_context.has_b_frames
        """Whether timestamps belong to packets in decoding order rather than each to its own picture."""
        self._listed = _listed_times(self.stream) if self.container.format.name == "avi" else {}
        time_base = self.stream.time_base
        if time_base is None:
            raise NotAVideo(
                f"{self.path} has a video stream without a clock; rewrite it with: ffmpeg -i IN -c copy OUT.mkv"
            )
        self._numerator, self._denominator = time_base.numerator, time_base.denominator
        self._strays = (
            Strays(self._denominator / self._numerator, is_reordered=self.stream.codec_context.has_b_frames)
            if self.container.format.name in STRAYING
            else None
        )
        self._zero = self._first_timestamp()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def time_s(self, pts: int) -> float:
        """Seconds after the first picture of a packet's or picture's pts: the float nearest to the exact fraction."""
        return (pts - self._zero) * self._numerator / self._denominator

    def jumps_s(self) -> list[float]:
        """The times at which the file's own timestamps go back; those behind are timed as if they went on."""
        jumps = self.clock.jumps if self.clock else ()
        return [self.time_s(jump.ticks) for jump in jumps if not jump.is_overrun]

    def packets(self, span: Span) -> Iterator[VideoPacket | FFmpegError]:
        """Packets in decoding order, from a keyframe at or before the span to the first keyframe at or after its end.

        Every packet has a `pts` (see the class). Pictures shown before that last keyframe but stored after it are
        included. Where the file can't be read, the error comes in the packet's place, and what follows it goes on.
        """
        self._expect(span)
        end_pts: int | None = None
        start_s = span.start_s
        if self.is_in_decoding_order:
            # A keyframe's time is known by counting the pictures that are stored behind and shown before it. Those
            # can't be decoded at the first keyframe, so the times are right from the second on, and all pictures are
            # there from the third.
            start_s = self._keyframe_before_s(self._keyframe_before_s(start_s))
        for item in self._from_keyframe_before(start_s):
            if isinstance(item, FFmpegError):
                yield item
                continue
            pts = pts_of(item)  # now: whoever writes the packet to another file gives it that file's time
            yield item
            if end_pts is not None and pts > end_pts:
                return
            if end_pts is None and item.is_keyframe and self.time_s(pts) >= span.end_s:
                end_pts = pts

    def _expect(self, span: Span) -> None:
        """Tells a file elsewhere how far it will be read, as far as its header lists what is where."""
        if self._file.remote is None or not self._file.is_listed or not math.isfinite(span.end_s):
            return
        listed = self.stream.index_entries
        is_to_last = self._wanted is Contents.KEYFRAMES
        number = listed.search_timestamp(self._timestamp(span.end_s), backward=is_to_last)
        if 0 <= number < len(listed):
            # The packet behind the keyframe after the span tells that no picture before that is missing.
            last = listed[number if is_to_last else min(number + 1, len(listed) - 1)]
            self._file.remote.expect(last.pos + last.size)

    def _keyframe_before_s(self, time_s: float) -> float:
        """A time just before that of the last keyframe at or before `time_s`."""
        first = next((item for item in self._from_keyframe_before(time_s) if isinstance(item, Packet)), None)
        return 0.0 if first is None else self.time_s(pts_of(first) - 1)

    def _from_keyframe_before(self, time_s: float) -> Iterator[VideoPacket | FFmpegError]:
        step_s = 0.0
        while time_s - step_s > 0:
            self._is_at_start = False
            try:
                self._seek(self._timestamp(time_s - step_s))
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

    def _seek(self, timestamp: int) -> None:
        if self.clock:
            self.container.seek(self.clock.position(timestamp), unsupported_byte_offset=True)
        else:
            self.container.seek(timestamp, stream=self.stream)

    def _demuxed(self) -> Iterator[VideoPacket | FFmpegError]:
        """What the file holds from here on, as far as it has times."""
        self._is_at_start = False
        return self._strays.set_right(self._timed()) if self._strays else self._timed()

    def _timed(self) -> Iterator[VideoPacket | FFmpegError]:
        items = demuxed(self._file)
        for item in self.clock.set_right(items) if self.clock else items:
            if isinstance(item, Packet):
                item.dts = self._listed.get(item.pos, item.dts)
                if item.pts is None or not self._has_presentation_times:
                    item.pts = item.dts
                if item.pts is None:
                    continue
            yield item

    def _first_timestamp(self) -> int:
        if self._has_presentation_times and self.stream.start_time is not None:
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
            self._file.close()
            self._file = opened(self.path, wanted=self._wanted)
            self._is_at_start = True

    def _timestamp(self, time_s: float) -> int:
        return self._zero + math.floor(time_s * self._denominator / self._numerator)


def _listed_times(stream: VideoStream) -> dict[int | None, int]:
    """Timestamps by position of an AVI file's index: FFmpeg counts pictures as it reads them, and damage hides some."""
    return {entry.pos + _CHUNK_HEADER_BYTES: entry.timestamp for entry in stream.index_entries}


def pts_of(packet: VideoPacket) -> int:
    if packet.pts is None:
        raise ValueError("a packet without a timestamp has left the reader")
    return packet.pts
