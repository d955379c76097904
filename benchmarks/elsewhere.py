"""How many bytes of a recording are fetched when it is elsewhere: `python -m benchmarks.elsewhere FILE...`.

Each file is sampled as `vtrack run` does it, once here and once as if it were elsewhere, with an empty cache. What
sampling finds must be the same.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from vtrack_ray.footage.origin import register
from vtrack_ray.footage.packets import index_packets
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sampling_log import SamplingLog
from vtrack_ray.meaning.video import Video
from vtrack_ray.sampling.sampler import sample_span, spans_of
from vtrack_ray.sampling.survey import survey
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import scan

_SPAN_S = 600.0


class Elsewhere:
    """A file on disk, as if it were elsewhere; `lengths` are those of what was fetched of all of them."""

    lengths: ClassVar[list[int]] = []
    md5 = None

    def __init__(self, address: str, _settings: Settings) -> None:
        self._path = Path(address.removeprefix("elsewhere://"))
        self.identity = address
        self.size_bytes = self._path.stat().st_size

    def fetch(self, offset: int, length: int) -> bytes:
        self.lengths.append(length)
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


def sampled(path: Path, *, is_elsewhere: bool) -> list[SamplingLog]:
    """The first look's logs of the file."""
    [file] = scan([path]).files
    here = Video(file=file, header=probe(file, ZoneInfo("UTC")))
    video = replace(here, file=replace(file, path=f"elsewhere://{path}")) if is_elsewhere else here
    area = survey(video, "TimeGo")
    profile = Profile(camera_name="cam", qr_trigger_area=area)
    logs = [sample_span(video, profile, span) for span in spans_of(video, _SPAN_S)]
    return [replace(log, video_id="", seconds={}) for log in logs]


def main() -> None:
    register("elsewhere", Elsewhere)
    print("| footage | MB | minutes | keyframes | of its bytes | fetched | requests |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in sys.argv[1:]:
        path = Path(name).resolve()
        with tempfile.TemporaryDirectory() as cache:
            os.environ["XDG_CACHE_HOME"] = cache
            Elsewhere.lengths.clear()
            there = sampled(path, is_elsewhere=True)
        assert there == sampled(path, is_elsewhere=False)  # noqa: S101
        size, index = path.stat().st_size, index_packets(str(path))
        keyframes = index.size_bytes[index.keyframe].sum() / size
        figures = (
            f"{size / 1e6:.1f}",
            f"{index.end_s / 60:.0f}",
            f"{index.keyframe.sum()}",
            f"{keyframes:.0%}",
            f"{sum(Elsewhere.lengths) / size:.0%}",
            f"{len(Elsewhere.lengths)}",
        )
        print(f"| {path.stem} | {' | '.join(figures)} |")


if __name__ == "__main__":
    main()
