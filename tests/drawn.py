"""Drawn footage: recordings of many kinds, each sampled by the cascade and picture by picture, and compared.

`python -m tests.drawn --count 400` (`make drawn`) goes on for an hour or two. Of each recording that differs, the
folder is kept, and what it is and how it differs are told. Some of what is drawn lies beyond what is promised (the
limits in docs/concepts.md), as a second label shown for less than keyframes are apart.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from tests.test_exactness import sampled
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.span import Coverage, covered_s
from vtrack_ray.meaning.video import Video
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Look, Order, Packing, Recording
from vtrack_ray.sampling.survey import survey
from vtrack_ray.sources.local import scan

_SAME_S = 0.2
_ONE_BIT_RATE = "one bit rate"
_ENCODERS = {
    "as rendered": "",
    "as cameras": "libx264 -preset veryfast -tune zerolatency -crf 26",
    "baseline": "libx264 -preset superfast -profile:v baseline -crf 27",
    _ONE_BIT_RATE: "libx264 -preset veryfast -tune zerolatency -b:v 1500k -maxrate 1500k -bufsize 1500k",
    "slow": "libx264 -preset medium -crf 28",
    "open groups": "libx264 -preset veryfast -crf 27 -x264-params open-gop=1",
    "hevc": "libx265 -preset ultrafast -x265-params log-level=error -crf 29",
    "mpeg4": "mpeg4 -q:v 5",
}
"""How recordings are coded anew, by FFmpeg's arguments."""


def drawn(chance: random.Random) -> Order:
    """What is packed, how it looks and how it is recorded."""
    events = chance.choice([2, 3, 4])
    shortest_s = chance.choice([5.2, 6.5, 9.0])
    width_px, height_px = chance.choice([(640, 360), (960, 540), (1280, 720)])
    return Order(
        seed=chance.randrange(10**6),
        packing=Packing(
            events=events,
            event_s=(shortest_s, shortest_s + chance.uniform(0.5, 4)),
            idle_s=(2.5, chance.choice([2.6, 3.5, 8.0, 14.0])),
            before_s=chance.uniform(1.5, 12),
            after_s=chance.uniform(1.5, 12),
            passing_hands=chance.choice([0, 0, 1, events]),
            two_codes=chance.random() < 0.2,
            label_s=chance.choice([None, None, None, 2.0, 1.2, 0.9]),
            lifted_s=chance.choice([0, 0, 0.2, 0.4, 0.6]),
        ),
        look=Look(
            width_px=width_px,
            height_px=height_px,
            label_module_px=chance.choice([2.0, 2.3, 2.6, 3.0]),
            noise=chance.choice([0, 1, 2, 3, 5, 8]),
            parcel_scale=chance.choice([1.0, 0.7, 0.4]),
            brightness=chance.choice([1.0, 1.0, 0.5, 0.3]),
            light_drift=chance.choice([0, 0, 0, 30]),
            light_period_s=chance.choice([20, 60]),
            clutter=chance.random() < 0.1,
            sway_px_per_s=chance.choice([5, 24, 40]),
        ),
        recording=Recording(
            frame_rate=chance.choice([6, 8, 10, 12.5, 15, 20, 25]),
            keyframe_s=chance.choice([0.5, 1, 2, 2, 3, 4, 5, 8]),
            preset=chance.choice(["ultrafast", "superfast", "veryfast"]),
            crf=chance.choice([23, 26, 29, 33]),
            container=chance.choice(["mp4", "mkv", "ts", "mov"]),
            variable_frame_rate=chance.random() < 0.15,
        ),
    )


def recorded(order: Order, encoder: str, folder: Path) -> Video:
    """The recording, coded anew by that encoder."""
    render(order, folder)
    [path] = (folder / order.cameras[0]).iterdir()
    if arguments := _ENCODERS[encoder].split():
        anew = path.with_name(f"anew{'.mkv' if path.suffix == '.ts' else path.suffix}")
        group = str(max(1, round(order.recording.keyframe_s * order.recording.frame_rate)))
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-c:v", *arguments, "-g", group, str(anew)]
        subprocess.run(command, check=True)
        path.unlink()
    [file] = scan([folder]).files
    return Video(file=file, header=probe(file, ZoneInfo("UTC")))


def differences(video: Video, profile: Profile, span_s: float) -> list[str]:
    """What the cascade says otherwise than all pictures, and what it leaves out."""
    take, few = sampled(video, profile, span_s, is_exhaustive=False)
    _, every = sampled(video, profile, 300.0, is_exhaustive=True)
    found = []
    if [_gist(event) for event in few] != [_gist(event) for event in every]:
        found.append(f"events: {[_gist(event) for event in few]}, not {[_gist(event) for event in every]}")
    else:
        found += [
            f"edges: {one.start_s:.2f} to {one.end_s:.2f} s, not {other.start_s:.2f} to {other.end_s:.2f} s"
            for one, other in zip(few, every, strict=True)
            if max(abs(one.start_s - other.start_s), abs(one.end_s - other.end_s)) > _SAME_S
        ]
    for log in take.logs:
        left_out_s = log.span.duration_s - sum(covered_s(log.coverage, kind) for kind in Coverage)
        if log.coverage and abs(left_out_s) > 0.01:
            found.append(f"{left_out_s:.2f} s from {log.span.start_s:.2f} s on are not accounted for")
    return found


def _gist(event: Event) -> tuple[str, list[str]]:
    return event.status, sorted(event.tracking_codes)


@click.command()
@click.option("--seed", default=1, show_default=True, help="seed of the first recording; the others follow")
@click.option("--count", default=400, show_default=True, help="recordings")
def main(seed: int, count: int) -> None:
    """Draw recordings, and compare the cascade to all pictures."""
    different = 0
    for number in range(seed, seed + count):
        chance = random.Random(number)  # noqa: S311
        order = drawn(chance)
        # Where pictures come irregularly, x264 shares a bit rate out among a thousand a second: nothing can be seen.
        encoders = [name for name in _ENCODERS if not order.recording.variable_frame_rate or name != _ONE_BIT_RATE]
        encoder, span_s = chance.choice(encoders), chance.choice([300.0, 23.0, 11.0])
        folder = Path(tempfile.mkdtemp(prefix=f"drawn-{number}-"))
        video = recorded(order, encoder, folder)
        area = survey(video, "TimeGo")
        if area is None:
            found, outcome = [], "the card can't be read"
        else:
            found = differences(video, Profile(camera_name="cam1", qr_trigger_area=area), span_s)
            outcome = "; ".join(found) or "the same"
        click.echo(f"{number}: {outcome}")
        if found:
            different += 1
            click.echo(f"   {encoder}, spans of {span_s} s: {order}\n   kept in {folder}")
        else:
            shutil.rmtree(folder)
    click.echo(f"{different} of {count} differ")


if __name__ == "__main__":
    main()
