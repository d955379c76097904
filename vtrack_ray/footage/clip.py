"""A clip: the stretch of one or several recordings that is handed over, as a file that any browser plays."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import ffmpeg
from av.error import FFmpegError

from vtrack_ray.errors import ClipError, ToolMissing
from vtrack_ray.footage.origin import is_address
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


def cut(parts: Sequence[Part], target: Path) -> None:
    """Writes the parts, one behind the other, to `target`, an MP4; it is there whole or not at all.

    What a browser plays is copied as it is, and so begins at the last keyframe before the start. Raises ClipError and
    ToolMissing, and VideoError of a file elsewhere.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="cut-") as folder:
        pieces = [Path(folder, f"{number}.mp4") for number in range(len(parts))]
        for part, piece in zip(parts, pieces, strict=True):
            _run(_piece(_brought_here(part, Path(folder)), piece))
        whole = pieces[0]
        if len(pieces) > 1:
            whole = Path(folder, "whole.mp4")
            listed = Path(folder, "pieces.txt")
            listed.write_text("".join(f"file '{piece.name}'\n" for piece in pieces), encoding="ascii")
            _run(ffmpeg.input(str(listed), format="concat").output(str(whole), c="copy", movflags="+faststart"))
        whole.replace(target)


def _brought_here(part: Part, folder: Path) -> Part:
    """The part of a file on this machine: of one elsewhere, its packets are copied, and no more. Raises VideoError."""
    if not is_address(part.path):
        return part
    number = len(list(folder.glob("*.mkv")))
    target = folder / f"{number}.mkv"
    first_s = part.start_s
    with Reader(part.path) as reader, av.open(str(target), "w") as out:
        copy = out.add_stream_from_template(reader.stream)
        for number, packet in enumerate(reader.packets(Span(part.start_s, part.end_s))):
            if isinstance(packet, FFmpegError):
                continue  # a clip of what can be read is better than none
            if number == 0:
                first_s = reader.time_s(pts_of(packet))
            packet.stream = copy
            out.mux(packet)
    return replace(part, path=str(target), start_s=max(0.0, part.start_s - first_s), end_s=part.end_s - first_s)


def _piece(part: Part, target: Path) -> Any:
    begun = max(0.0, part.start_s)
    source = ffmpeg.input(f"file:{part.path}", ss=f"{begun:.3f}", t=f"{part.end_s - begun:.3f}")
    if part.codec in PLAYED:
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
