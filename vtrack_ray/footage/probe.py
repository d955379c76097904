"""A probe: what a video file's header tells, without decoding a picture that is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

import av
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from vtrack_ray import instants
from vtrack_ray.errors import NotAVideo
from vtrack_ray.footage import avi
from vtrack_ray.footage.clock import WIRE
from vtrack_ray.footage.container import Contents, opened
from vtrack_ray.footage.packets import index_packets
from vtrack_ray.footage.start import start_from_path, start_from_tags
from vtrack_ray.footage.unusable import no_pictures
from vtrack_ray.meaning.video import FoundFile, Header, StartBasis

_COUNTS_FROM_ZERO = ("matroska,webm", "flv")
"""Containers (FFmpeg's names) whose duration is their last timestamp, so that a late start is part of it."""

_PROMISES_NOTHING = ("mpegts", "mpeg")
"""Containers without a header: what FFmpeg tells is the last timestamp less the first, whatever they are."""

_STREAM_END = re.compile(r"(\d+):(\d\d):(\d\d\.\d+)")
"""Matroska's tag DURATION as FFmpeg's muxer writes it: the stream's last timestamp, 00:00:12.340000000."""

_SAME_END_S = 0.1
"""Streams that end with their container differ by less from its duration: 0.02 s of sound, a rounded timestamp."""

_DAY_S = 86_400
_LONGEST_S = 31 * _DAY_S
"""No recorder writes longer files; to go through what is not there would take as long as if it were."""


def probe(file: FoundFile, zone: ZoneInfo) -> Header:
    """The file's header; a date in its name or its folders' is read in `zone`, if it names none itself.

    Raises VideoUnreachable, VideoForbidden, NotAVideo.
    """
    answer = _described(file.path)
    container, stream = answer["format"], _video_stream(file.path, answer)
    if not stream.get("width") or not stream.get("height"):
        raise NotAVideo(f"{file.path} has no intact picture, its size is unknown; copy the file again")
    duration_s = _duration_s(file.path, answer, stream)
    if duration_s > _LONGEST_S:
        raise NotAVideo(
            f"{file.path} lasts {duration_s / _DAY_S:.0f} days by its header, which must be damaged; "
            "copy it again from the recorder, or have it repaired"
        )
    started_at, basis = _start(file, [container.get("tags", {}), stream.get("tags", {})], duration_s, zone)
    return Header(
        started_at=started_at,
        start_basis=basis,
        duration_s=duration_s,
        width_px=int(stream["width"]),
        height_px=int(stream["height"]),
        codec=stream.get("codec_name", "unknown"),
    )


def _described(path: str) -> dict[str, Any]:
    """What FFmpeg's library finds out about the file, named as by ffprobe, which would take 0.1 s to start."""
    with closing(opened(path)) as file:
        container = file.container
        told = {
            "format_name": container.format.name,
            "tags": dict(container.metadata),
            **({} if container.duration is None else {"duration": container.duration / av.time_base}),
        }
        return {"format": told, "streams": [_described_stream(stream) for stream in container.streams]}


def _described_stream(stream: Stream) -> dict[str, Any]:
    time_base = stream.time_base or Fraction(0)
    told: dict[str, Any] = {
        "index": stream.index,
        "codec_type": stream.type,
        "tags": dict(stream.metadata),
        "time_base": str(time_base),
        "nb_frames": stream.frames,
        "disposition": {one.name: 1 for one in Disposition if one in stream.disposition},
    }
    if stream.start_time is not None:
        told["start_time"] = float(stream.start_time * time_base)
    if stream.duration is not None:
        told["duration"] = float(stream.duration * time_base)
    if isinstance(stream, VideoStream) and stream.codec_context is not None:
        told |= {"width": stream.width, "height": stream.height, "codec_name": stream.codec.canonical_name}
    return told


def _video_stream(path: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The stream that the reader takes too: the default one, of several the largest picture."""
    streams = [stream for stream in answer["streams"] if stream.get("codec_type") == "video"]
    moving = [stream for stream in streams if not stream.get("disposition", {}).get("attached_pic")]
    if not moving:
        raise no_pictures(path)
    return max(moving, key=_preference)


def _preference(stream: Mapping[str, Any]) -> tuple[int, int]:
    is_default = stream.get("disposition", {}).get("default", 0)
    return is_default, (stream.get("width") or 0) * (stream.get("height") or 0)


def _duration_s(path: str, answer: Mapping[str, Any], stream: Mapping[str, Any]) -> float:
    """Seconds from the first picture to the end of the last: as recorded, though a file that was cut off holds less."""
    container = answer["format"]["format_name"]
    if container in _PROMISES_NOTHING:
        return _pictures_end_s(path)
    promised_s = _promised_s(path, answer, stream)
    # Where its clock leaps or goes back, the pictures go on for longer than the header thinks.
    return max(promised_s, _pictures_end_s(path)) if container in WIRE else promised_s


def _promised_s(path: str, answer: Mapping[str, Any], stream: Mapping[str, Any]) -> float:
    """The duration by the header.

    A container's duration is that of its longest stream, which may be sound that goes on after the last picture. It
    counts where there is nothing else in the container, or where nothing in it reaches that far: it was cut off.
    """
    container = answer["format"]
    late_s = max(0.0, float(stream.get("start_time", 0)))
    start_s = late_s if container["format_name"] in _COUNTS_FROM_ZERO else 0.0
    promised_s = max(0.0, float(container.get("duration", 0)) - start_s)
    told_s = float(stream["duration"]) if "duration" in stream else _tagged_end_s(stream.get("tags", {})) - start_s
    if container["format_name"] == "avi" and avi.is_cut_off(path):
        # FFmpeg tells how much of it is there.
        told_s = max(told_s, float(int(stream.get("nb_frames", 0)) * Fraction(stream.get("time_base", "0"))))
    if told_s > 0:
        return told_s
    if promised_s > 0 and start_s < _SAME_END_S and len(answer["streams"]) == 1:
        return promised_s  # with a late start the packets are asked: muxers of FLV differ in whether it counts
    pictures_end_s = _pictures_end_s(path)
    whole_s = promised_s - _SAME_END_S
    if pictures_end_s < whole_s and _other_streams_end_s(path, stream["index"]) - late_s < whole_s:
        return promised_s
    return pictures_end_s


def _pictures_end_s(path: str) -> float:
    end_s = index_packets(path).end_s
    if end_s <= 0:
        raise NotAVideo(f"{path} holds no whole picture; it was cut off at once, copy it again or delete it")
    return end_s


def _tagged_end_s(tags: Mapping[str, str]) -> float:
    """The stream's last timestamp by its tag, or 0. Other muxers' statistics count from its first, and are not used."""
    found = _STREAM_END.fullmatch(tags.get("DURATION", ""))
    if found is None or any(key.startswith("_STATISTICS") for key in tags):
        return 0.0
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _other_streams_end_s(path: str, index: int) -> float:
    """The last timestamp of every stream but that one."""
    end_s = 0.0
    with closing(opened(path, wanted=Contents.NONE)) as file:
        others = [stream for stream in file.container.streams if stream.index != index]
        with suppress(FFmpegError):  # what can't be read is missing; sampling names it
            for packet in file.container.demux(others):
                if packet.pts is not None and packet.time_base is not None:
                    end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        file.raise_unread()
    return end_s


def _start(
    file: FoundFile, tag_sets: list[dict[str, str]], duration_s: float, zone: ZoneInfo
) -> tuple[datetime, StartBasis]:
    if instant := start_from_tags(tag_sets):
        return instant, StartBasis.CONTAINER
    if instant := start_from_path(PurePath(file.path), zone):
        return instant, StartBasis.NAME
    return instants.from_us(file.modified_ns // 1000) - timedelta(seconds=duration_s), StartBasis.MODIFIED
