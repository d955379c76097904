"""A packet index: when every picture of a span is shown, which are keyframes, how large they are. Decodes nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from vtrack_ray.footage.container import Contents
from vtrack_ray.footage.reader import Reader, pts_of
from vtrack_ray.meaning.sampling_log import Jump
from vtrack_ray.meaning.span import Span

_HOLE_S = 1.0
_HOLE_GAPS = 5.0
_HABIT_HOLES = 10
"""More holes than this are no damage."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PacketIndex:
    """Consecutive pictures in the order they are shown; the arrays have one length n, which may be 0.

    `times_s` (float64) rises strictly and holds seconds after the video's first picture; `keyframe` (bool);
    `size_bytes` (int64). `end_s` is when the last picture ends. `jumps` are the whole file's where it needs a clock,
    else those among these pictures. `notes` say what else is wrong with the file.
    """

    times_s: NDArray[np.float64]
    keyframe: NDArray[np.bool_]
    size_bytes: NDArray[np.int64]
    end_s: float
    jumps: tuple[Jump, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def holes(self) -> tuple[Span, ...]:
        """Stretches whose pictures are not in the file, each from the end of a usual picture to the next picture.

        Between two pictures there lies a hole if it is longer than a second and five times the usual distance. Where
        that happens again and again, the camera leaves out pictures that show nothing new, and nothing is missing.
        """
        usual_s, is_hole = self._distances()
        starts = np.flatnonzero(is_hole)
        return tuple(Span(float(self.times_s[i]) + usual_s, float(self.times_s[i + 1])) for i in starts)

    @property
    def longest_picture_s(self) -> float:
        """The longest that a picture is on show until the next one, where no hole lies between."""
        _, is_hole = self._distances()
        return float(np.diff(self.times_s)[~is_hole].max(initial=0.0))

    @property
    def keyframes_apart_s(self) -> float:
        """The longest distance of two keyframes that follow each other."""
        return float(np.diff(self.times_s[self.keyframe]).max(initial=0.0))

    def _distances(self) -> tuple[float, NDArray[np.bool_]]:
        """The usual distance of pictures, and behind which of them but the last there lies a hole."""
        gaps_s = np.diff(self.times_s)
        usual_s = float(np.median(gaps_s)) if len(gaps_s) else 0.0
        is_hole = gaps_s > max(_HOLE_S, _HOLE_GAPS * usual_s)
        if is_hole.sum() > _HABIT_HOLES:
            is_hole[:] = False
        return usual_s, is_hole


def index_packets(path: str, span: Span | None = None) -> PacketIndex:
    """The pictures of the whole file; or of a span, with those back to the last keyframe at or before its start and
    on to the first keyframe at or after its end, so that the keyframes around the span are known.

    Damaged packets, and pictures that are decoded but never shown (edit lists), are left out.
    Raises VideoUnreachable, VideoForbidden, NotAVideo.
    """
    with Reader(path) as reader:
        return outlined(reader, span or Span(0.0, math.inf))


def outlined(reader: Reader, span: Span) -> PacketIndex:
    """As index_packets(), of a file that is open."""
    with reader.narrowed(Contents.NONE) as outline:
        return _index_of(outline, span)


def _index_of(reader: Reader, span: Span) -> PacketIndex:
    rows: list[tuple[float, bool, int]] = []
    faults = _Faults()
    end_s = 0.0
    if reader.is_in_decoding_order:
        faults.say("the file keeps no presentation times: pictures stored out of order may be some pictures off")
    for item in reader.packets(span):
        if isinstance(item, FFmpegError):
            faults.say(f"a part can't be read: {item.strerror or item}")
            continue
        faults.see_dts(item.dts, end_s)
        faults.damaged += item.is_corrupt
        if not item.is_corrupt and not item.is_discard:
            pts = pts_of(item)
            rows.append((reader.time_s(pts), item.is_keyframe, item.size))
            end_s = max(end_s, reader.time_s(pts + (item.duration or 0)))
    jumps = [Jump(time_s, is_counted_on=True) for time_s in reader.jumps_s()]
    times_s, keyframe, size_bytes = _pictures(rows, span)
    return PacketIndex(
        times_s=times_s,
        keyframe=keyframe,
        size_bytes=size_bytes,
        end_s=end_s,
        jumps=(*jumps, *faults.jumps),
        notes=faults.notes(),
    )


class _Faults:
    """Counts what is wrong with a file's packets."""

    def __init__(self) -> None:
        self.damaged = 0
        self.jumps: list[Jump] = []
        self._said: list[str] = []
        self._last_dts: int | None = None

    def say(self, note: str) -> None:
        if note not in self._said:
            self._said.append(note)

    def see_dts(self, dts: int | None, end_s: float) -> None:
        """Decoding times never fall in a sound file; `end_s` is when the last picture so far ends."""
        if dts is None:
            return
        if self._last_dts is not None and dts < self._last_dts:
            self.jumps.append(Jump(end_s, is_counted_on=False))
        self._last_dts = dts

    def notes(self) -> tuple[str, ...]:
        notes = list(self._said)
        if self.damaged:
            notes.append(f"damaged packets: {self.damaged}")
        return tuple(notes)


def _pictures(
    rows: list[tuple[float, bool, int]], span: Span
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """The rows between the keyframes around the span; packets of one time (two fields) are one picture."""
    table = np.array(rows, dtype=[("time_s", np.float64), ("keyframe", np.bool_), ("size", np.int64)])
    table = np.sort(table[table["time_s"] >= 0], order="time_s", kind="stable")
    times_s, first = np.unique(table["time_s"], return_index=True)
    keyframe = np.logical_or.reduceat(table["keyframe"], first) if len(first) else table["keyframe"]
    size_bytes = np.add.reduceat(table["size"], first) if len(first) else table["size"]
    keys_s = times_s[keyframe]
    begin = keys_s[keys_s <= span.start_s].max(initial=-math.inf)
    end = keys_s[keys_s >= span.end_s].min(initial=math.inf)
    kept = (times_s >= begin) & (times_s <= end)
    return times_s[kept], keyframe[kept], size_bytes[kept]
