"""A clip: the stretch of one or several recordings that is handed over, as a file that any browser plays."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import ffmpeg
from av.error import FFmpegError

from vtrack_ray.errors import ClipError, ToolMissing
from vtrack_ray.footage.reader import Reader, pts_of
from vtrack_ray.meaning.span import Span

PLAYED = frozenset({"h264"})
"""Codecs that every browser plays; others are encoded anew."""
_LOW = ("nice", "-n", "10")
_LONGEST_S = 1800.0
_MOST_SAID = 300


@dataclass(frozen=True, kw_only=True)
class Part:
    """A stretch of a video file, here or elsewhere, in seconds after its first picture."""

    path: str
    start_s: float
    end_s: float
    codec: str


@dataclass(frozen=True, kw_only=True)
class _Copied:
    """A part's packets in a file of their own, whose pictures from `start_s` to `end_s` on its own clock are wanted."""

    path: Path
    start_s: float
    end_s: float
    is_played: bool


def cut(parts: Sequence[Part], target: Path) -> None:
    """Writes the parts, one behind the other, to `target`, an MP4; it is there whole or not at all.

    What a browser plays is copied as it is, and so begins at the last keyframe before the start. A part without a
    picture is left out. Raises ClipError and ToolMissing, and VideoError of a file that can't be read.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="cut-") as folder:
        pieces = []
        for number, part in enumerate(parts):
            if copied := _copied(part, Path(folder, f"{number}.nut")):
                piece = Path(folder, f"{number}.mp4")
                _run(_piece(copied, piece))
                pieces.append(piece)
                copied.path.unlink()
        if not pieces:
            raise ClipError(
                "The recording has no picture of that time, as far as it can be read; look at the whole of it."
            )
        whole = pieces[0]
        if len(pieces) > 1:
            whole = Path(folder, "whole.mp4")
            listed = Path(folder, "pieces.txt")
            listed.write_text("".join(f"file '{piece.name}'\n" for piece in pieces), encoding="ascii")
            _run(ffmpeg.input(str(listed), format="concat").output(str(whole), c="copy", movflags="+faststart"))
        whole.replace(target)


def _copied(part: Part, target: Path) -> _Copied | None:
    """The part's packets, and no more, at the times that the reader gives them; None if it has no picture.

    FFmpeg's own search counts from the container's start, which may be sound's, and loses itself where timestamps go
    back. Raises VideoError and ClipError.
    """
    has_picture = False
    first: int | None = None
    last = -1
    with Reader(part.path) as reader, av.open(str(target), "w") as out:
        copy = out.add_stream_from_template(reader.stream)
        for packet in reader.packets(Span(part.start_s, part.end_s)):
            if isinstance(packet, FFmpegError):
                continue  # a clip of what can be read is better than none
            pts = pts_of(packet)
            dts = pts if packet.dts is None else min(packet.dts, pts)
            if first is None:
                first = dts
            if pts < first:
                continue  # made of pictures before the first keyframe
            has_picture |= part.start_s <= reader.time_s(pts) <= part.end_s
            # Times in a file rise, whatever damage has made of them.
            last = packet.dts = max(dts - first, last + 1)
            packet.pts = max(pts - first, last)
            packet.stream = copy
            try:
                out.mux(packet)
            except (FFmpegError, ValueError) as error:
                raise ClipError(f"The clip can't be cut from the recording: {error}") from error
        if first is None or not has_picture:
            return None
        first_s = reader.time_s(first)
        # Packets in decoding order don't tell when their pictures are shown: the decoder does.
        is_played = part.codec in PLAYED and not reader.is_in_decoding_order
    return _Copied(path=target, start_s=part.start_s - first_s, end_s=part.end_s - first_s, is_played=is_played)


def _piece(copied: _Copied, target: Path) -> Any:
    begun = max(0.0, copied.start_s)
    source = ffmpeg.input(str(copied.path), seek_timestamp=1, ss=f"{begun:.6f}", t=f"{copied.end_s - begun:.6f}")
    if copied.is_played:
        how = {"c": "copy"}
    else:
        how = {"c": "libx264", "preset": "veryfast", "crf": "23", "pix_fmt": "yuv420p"}
    return source["v:0"].output(str(target), movflags="+faststart", avoid_negative_ts="make_zero", **how)


def _run(stream: Any) -> None:
    command = [*_LOW, *stream.global_args("-v", "error", "-nostdin").overwrite_output().compile()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_LONGEST_S)
    except FileNotFoundError as error:
        raise ToolMissing("ffmpeg is not installed; install it (Debian: apt-get install ffmpeg)") from error
    except subprocess.TimeoutExpired as error:
        raise ClipError(f"The clip was not made within {_LONGEST_S / 60:.0f} minutes.") from error
    if done.returncode:
        raise ClipError(f"The clip can't be cut from the recording: {done.stderr.strip()[-_MOST_SAID:]}")
