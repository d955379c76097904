"""An encoder: pictures in, a video file out, the same bytes for the same pictures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import cast

import av
from av.video.frame import PictureType
from av.video.stream import VideoStream

from vtrack_ray import instants
from vtrack_ray.render.order import Recording
from vtrack_ray.render.sprite import Plane

_ENCODERS = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}
_FORMATS = {"mp4": "mp4", "mkv": "matroska", "avi": "avi", "mov": "mov", "ts": "mpegts", "flv": "flv"}
_CLOCK = Fraction(1, 90_000)
_SAME_BYTES = {"fflags": "+bitexact"}
"""Else Matroska numbers its segments at random."""
_FRAGMENTS = {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}
_NEVER = 1_000_000
"""Keyframes are set by time, never by the encoder's own count."""
_THREADS, _SMALL_PX = 4, 480 * 270
"""Fixed, as x264's output depends on it. In small pictures, threads take longer to wait for each other than to code."""


def encode(
    path: Path,
    pictures: Iterable[tuple[float, Plane]],
    recording: Recording,
    size: tuple[int, int],
    started_at: datetime,
) -> None:
    """Writes pictures of `size` (width, height), each with its time in seconds from the first, to a new file.

    A picture is planar YUV 4:2:0, (height * 3 / 2, width). Keyframes are the first pictures at or after each multiple
    of the keyframe interval.
    """
    options = _SAME_BYTES | (_FRAGMENTS if recording.fragmented else {})
    with av.open(path, "w", format=_FORMATS[recording.container], options=options) as container:
        if recording.creation_time:
            container.metadata["creation_time"] = instants.require_aware(started_at).isoformat().replace("+00:00", "Z")
        stream = _add_stream(container, recording, size)
        clock = stream.codec_context.time_base or _CLOCK
        interval = -1
        for time_s, picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format=_pixel_format(recording))
            frame.pts, frame.time_base = round(Fraction(time_s) / clock), clock
            if interval < (interval := floor(time_s / recording.keyframe_s + 1e-6)):
                frame.pict_type = PictureType.I
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _add_stream(container: av.container.OutputContainer, recording: Recording, size: tuple[int, int]) -> VideoStream:
    stream = cast("VideoStream", container.add_stream(_ENCODERS[recording.codec], rate=recording.rate))
    context = stream.codec_context
    context.width, context.height = size
    context.pix_fmt = _pixel_format(recording)
    context.time_base = _CLOCK if recording.variable_frame_rate else 1 / recording.rate
    # Threads that code pictures side by side share out the bits among them as they happen to get on.
    is_small = context.width * context.height <= _SMALL_PX
    context.thread_count = 1 if is_small or recording.bitrate_kbps is not None else _THREADS
    context.options = _options(recording)
    if recording.codec != "mjpeg":
        context.gop_size = _NEVER
    if recording.container == "avi" or recording.skip_unchanged:
        # AVI has no place for display times that differ from decoding order; and where pictures are seconds apart, a
        # file that has to wait for later ones starts that much later.
        context.max_b_frames = 0
    if recording.bitrate_kbps is not None:
        context.bit_rate = recording.bitrate_kbps * 1000
    return stream


def _pixel_format(recording: Recording) -> str:
    """JPEG knows only the full range; it shows the same planes with a little less contrast."""
    return "yuvj420p" if recording.codec == "mjpeg" else "yuv420p"


def _options(recording: Recording) -> dict[str, str]:
    """The encoder's settings: one quality throughout, or one bit rate with filler."""
    kbps = recording.bitrate_kbps
    if recording.codec == "mjpeg":
        quantiser = str(max(2, min(31, recording.crf // 5)))
        return {"qmin": quantiser, "qmax": quantiser}
    options = {"preset": recording.preset, "forced-idr": "1"}
    if recording.codec == "h264":
        # With B-pictures, x264's macroblock tree reads memory it never set: other bytes in other runs.
        parameters = ["scenecut=0", "mbtree=0"]
        if kbps is not None:
            parameters += [f"vbv-maxrate={kbps}", f"vbv-bufsize={kbps}", "nal-hrd=cbr"]
        options["x264-params"] = ":".join(parameters)
    else:
        options["preset"] = "ultrafast"
        threads = ["frame-threads=2", "pools=2"] if kbps is None else ["frame-threads=1", "pools=none", "wpp=0"]
        parameters = ["log-level=error", "scenecut=0", f"keyint={_NEVER}", "open-gop=0", *threads]
        if kbps is not None:
            parameters += [f"vbv-maxrate={kbps}", f"vbv-bufsize={kbps}", "strict-cbr=1"]
        options["x265-params"] = ":".join(parameters)
    if kbps is None:
        options["crf"] = str(recording.crf)
    return options
