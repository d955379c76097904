"""Small clips: each picture is one flat grey that tells its number."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 25
GOP = 10
WIDTH_PX, HEIGHT_PX = 160, 96


def grey_of(number: int) -> int:
    """Neighbouring pictures differ by 7 grey levels."""
    return 40 + number * 7 % 160


def make_clip(
    path: Path,
    *,
    pictures: int = 50,
    codec: str = "libx264",
    b_frames: int = 0,
    first: int = 0,
    left_out: Collection[int] = (),
    pix_fmt: str = "yuv420p",
    params: str = "",
    textured: bool = False,
    tags: dict[str, str] | None = None,
) -> Path:
    """`pictures` pictures at 25 a second with a keyframe every 10; the first one's timestamp is `first` / 25 s.

    Textured pictures make packets of a real size.
    """
    noise = np.random.default_rng(1)
    options = {"g": str(GOP), "bf": str(b_frames)}
    if codec == "libx264":
        options |= {"preset": "veryfast", "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:{params}"}
    with av.open(str(path), "w") as out:
        out.metadata.update(tags or {})
        stream = out.add_stream(codec, rate=RATE, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, pix_fmt
        stream.codec_context.thread_count = 1
        for number in range(pictures):
            if number in left_out:
                continue
            planes = np.full((HEIGHT_PX * 3 // 2, WIDTH_PX), 128, np.uint8)
            planes[:HEIGHT_PX] = grey_of(number)
            if textured:
                planes[:HEIGHT_PX] += noise.integers(0, 40, (HEIGHT_PX, WIDTH_PX), np.uint8)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = first + number, Fraction(1, RATE)
            out.mux(stream.encode(frame if pix_fmt == "yuv420p" else frame.reformat(format=pix_fmt)))
        out.mux(stream.encode(None))
    return path


def make_sound(path: Path) -> Path:
    """Half a second of silence and no picture."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=44100)
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, number * 1024
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def add_sound(path: Path, clip: Path, end_s: float, tags: Collection[str] = ()) -> Path:
    """The clip's pictures at the times they have, with silence from time zero to `end_s`; `tags` are the pictures'."""
    sources = ["-copyts", "-i", str(clip), "-f", "lavfi", "-i", f"anullsrc=r=44100:d={end_s}"]
    said = [word for tag in tags for word in ("-metadata:s:v", tag)]
    command = ["ffmpeg", "-v", "error", *sources, "-c:v", "copy", "-c:a", "aac", *said, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def cut_off(path: Path, share: float) -> Path:
    """Only the first part of a file, as when the recorder loses power."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path
