"""Pictures: a video's decoded pictures, keyframes only or all of a span, and which of them can't be had."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import cast

from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from vtrack_ray.footage.container import Contents, VideoPacket
from vtrack_ray.footage.gaps import Fault, Gaps
from vtrack_ray.footage.owed import Due, Owed
from vtrack_ray.footage.packets import PacketIndex, outlined
from vtrack_ray.footage.picture import Picture
from vtrack_ray.footage.reader import Reader, pts_of
from vtrack_ray.meaning.span import Span

__all__ = ["Fault", "Picture", "Pictures", "open_pictures"]

MOST_LEFT_OUT = 16
"""x264 stores no more pictures in a row that no other is made from. A decoder that makes nothing of damaged data, and
does not complain, leaves out more."""
_SMOOTHING = ("h264", "hevc")
"""Codecs with a filter for the edges of blocks, whose decoders need to know nothing but what the stream tells."""


@contextmanager
def open_pictures(path: str) -> Iterator[Pictures]:
    """The pictures of a file's video stream that counts. Raises VideoUnreachable, VideoForbidden, NotAVideo."""
    with Reader(path) as reader, reader.narrowed(Contents.KEYFRAMES) as keyframes:
        yield Pictures(reader, keyframes)


class Pictures:
    """The pictures of one open video. One thread; finish or drop an iteration before starting the next.

    `faults` grows while iterating: a picture of the packet index that is not given lies in one of them. Pictures
    whose times jump back are left out (the packet index has a note on them). `decoded` counts all that were decoded,
    given or not: most pictures are made from others, back to the keyframe before them.
    """

    def __init__(self, reader: Reader, keyframes: Reader) -> None:
        """Both read one file; the second is asked for its keyframes alone."""
        self._reader = reader
        self._keyframes_reader = keyframes
        self.width_px: int = reader.stream.codec_context.width
        self.height_px: int = reader.stream.codec_context.height
        self.faults: list[Fault] = []
        self.decoded = 0
        self._leaves_out = False
        self._smooths = True
        self._unsmoothed = _unsmoothed(reader.stream.codec_context)

    def index(self, span: Span) -> PacketIndex:
        """The packet index of the span, as index_packets() gives it. In a long file, opening it takes longest."""
        return outlined(self._reader, span)

    def keyframes(self, span: Span) -> Iterator[Picture]:
        """The keyframes with start <= time < end, in time order; nothing else is decoded.

        Their blocks' edges are left as they are stored: smoothing them is a quarter of the work, and barcodes are read
        as well without it.
        """
        decoder = self._fresh_unsmoothed() or self._reader.stream.codec_context
        gaps = Gaps(span, self.faults)
        last_s = -1.0
        for packet in self._packets(span, gaps, self._keyframes_reader):
            time_s = self._reader.time_s(pts_of(packet))
            if not packet.is_keyframe or packet.is_discard or time_s < span.start_s or time_s <= last_s:
                continue
            if time_s >= span.end_s:
                gaps.give(time_s)
                break
            last_s = time_s
            # Drained at once: the decoder would hold a keyframe back until it had seen pictures that won't come.
            frames = [*_decoded(decoder, packet, gaps), *_decoded(decoder, None, gaps)]
            decoder.flush_buffers()
            self.decoded += len(frames)
            if frames and not frames[0].is_corrupt and self._has_usual_size(frames[0], gaps):
                gaps.give(time_s)
                yield Picture(time_s, frames[0])
            else:
                gaps.lose(time_s)
            if math.nextafter(time_s, math.inf) >= span.end_s:
                # Of a span that is closed just behind a keyframe, nothing is left to read.
                break
        gaps.close()

    def all(self, span: Span) -> Iterator[Picture]:
        """Every picture with start <= time < end, in time order."""
        gaps = Gaps(span, self.faults)
        for pts, frame in self._shown(span, gaps):
            time_s = self._reader.time_s(pts)
            is_made_of_others = gaps.has_lost_keyframe and not frame.key_frame
            if frame.is_corrupt or is_made_of_others or not self._has_usual_size(frame, gaps):
                # Without its keyframe, a picture is made from another one's pixels.
                gaps.lose(time_s, is_keyframe=frame.key_frame)
                continue
            gaps.give(time_s)
            if time_s >= span.end_s:
                break
            if time_s >= span.start_s:
                yield Picture(time_s, frame)
        gaps.close()

    def _has_usual_size(self, frame: VideoFrame, gaps: Gaps) -> bool:
        """Areas are in pixels of the video's first pictures: they mean nothing in pictures of another size."""
        if (frame.width, frame.height) == (self.width_px, self.height_px):
            return True
        gaps.blame(f"pictures of {frame.width}x{frame.height} pixels in a video of {self.width_px}x{self.height_px}")
        return False

    def references(self, span: Span, *, smooth: bool = False) -> Iterator[Picture]:
        """As all(), but pictures that no other picture is made from are left out where the codec tells them.

        With B-frames, half of the pictures at half the cost; without, all of them. Unless `smooth` is set, blocks'
        edges are left as in keyframes(): that is a quarter of what remains. But other pictures are made from these, so
        what that changes adds up, to as much as 1.6 grey levels on average within a few seconds.
        """
        if self._reader.is_in_decoding_order:
            # There, a picture's time is known by counting pictures: none may be left out.
            yield from self.all(span)
            return
        self._leaves_out, self._smooths = True, smooth
        try:
            yield from self.all(span)
        finally:
            self._leaves_out, self._smooths = False, True

    def _shown(self, span: Span, gaps: Gaps) -> Iterator[tuple[int, VideoFrame]]:
        """Decoded frames with rising pts."""
        owed = Owed(is_in_decoding_order=self._reader.is_in_decoding_order)
        last_pts: int | None = None
        for frame in self._frames(span, gaps, owed):
            self.decoded += 1
            self._lose(owed.lost_before(frame), gaps)
            pts = owed.take(frame)
            if pts is not None and (last_pts is None or pts > last_pts):
                last_pts = pts
                yield pts, frame
        self._lose(owed.rest(), gaps)

    def _lose(self, pictures: Sequence[Due], gaps: Gaps) -> None:
        are_left_out = self._leaves_out and len(pictures) <= MOST_LEFT_OUT
        for pts, is_keyframe in pictures:
            if gaps.is_blamed or not are_left_out:
                gaps.lose(self._reader.time_s(pts), is_keyframe=is_keyframe)

    def _frames(self, span: Span, gaps: Gaps, owed: Owed) -> Iterator[VideoFrame]:
        """What the decoder gives; each packet that should become a picture is owed from then on."""
        unsmoothed = None if self._smooths else self._fresh_unsmoothed()
        for packet in self._needed(span, gaps):
            # At each packet: the reader may have opened the file anew.
            decoder = unsmoothed or self._reader.stream.codec_context
            decoder.skip_frame = "NONREF" if self._leaves_out else "DEFAULT"
            if not packet.is_discard:
                owed.put(Due(pts_of(packet), packet.is_keyframe))
            yield from _decoded(decoder, packet, gaps)
        yield from _decoded(unsmoothed or self._reader.stream.codec_context, None, gaps)

    def _needed(self, span: Span, gaps: Gaps) -> Iterator[VideoPacket]:
        """The packets that the span's pictures are made from: of the keyframe at its end and what is stored behind it,
        none, unless pictures that are shown before it are among them."""
        packets = self._packets(span, gaps)
        for packet in packets:
            if packet.is_keyframe and self._reader.time_s(pts_of(packet)) >= span.end_s:
                following = next(packets, None)
                if following is not None and pts_of(following) < pts_of(packet):
                    yield from chain((packet, following), packets)
                return
            yield packet

    def _fresh_unsmoothed(self) -> VideoCodecContext | None:
        """The decoder that smooths nothing, without what is left in it of the iteration before; see _unsmoothed."""
        if self._unsmoothed is not None:
            self._unsmoothed.flush_buffers()
        return self._unsmoothed

    def _packets(self, span: Span, gaps: Gaps, reader: Reader | None = None) -> Iterator[VideoPacket]:
        for item in (reader or self._reader).packets(span):
            if isinstance(item, FFmpegError):
                gaps.break_off(item.strerror or str(item))
            else:
                gaps.reach(self._reader.time_s(pts_of(item) + (item.duration or 0)))
                yield item


def _decoded(decoder: VideoCodecContext, packet: VideoPacket | None, gaps: Gaps) -> list[VideoFrame]:
    """The frames that come out when the packet goes into the decoder; None gets the last ones out."""
    if packet is not None and packet.is_corrupt:
        gaps.blame("damaged data")
        return []
    try:
        return decoder.decode(packet)
    except FFmpegError as error:
        gaps.blame(error.strerror or str(error))
        return []


def _unsmoothed(usual: VideoCodecContext) -> VideoCodecContext | None:
    """A decoder that leaves the edges of blocks as they are stored; None where the codec does not smooth them."""
    if usual.name not in _SMOOTHING:
        return None
    decoder = cast("VideoCodecContext", VideoCodecContext.create(usual.name, "r"))
    decoder.extradata = usual.extradata
    decoder.thread_count = 1
    decoder.options = {"skip_loop_filter": "all"}
    return decoder
