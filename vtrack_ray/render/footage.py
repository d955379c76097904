"""Footage: an order in, video files and their truth on disk out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from vtrack_ray.render.encoder import encode
from vtrack_ray.render.layout import Layout, lay_out
from vtrack_ray.render.order import Order
from vtrack_ray.render.painter import Painter
from vtrack_ray.render.recorder import moving_times
from vtrack_ray.render.sprite import Plane
from vtrack_ray.render.stage import Stage
from vtrack_ray.render.timeline import Take, picture_times, plan
from vtrack_ray.render.truth import TrueCamera, TrueVideo, Truth
from vtrack_ray.render.witness import Shot, true_events

OnPicture: TypeAlias = Callable[[int, int], None]
"""Told after each picture: how many are painted, and how many there will be."""


def render(order: Order, out_dir: Path, on_picture: OnPicture | None = None) -> Truth:
    """Renders the footage into `out_dir` (made if need be), one folder a camera, and `truth.json` beside them.

    Files of the same names are replaced. A file's modification time is the end of its recording, as a recorder leaves
    it. Raises ValueError if the order's labels don't fit its picture, OSError if the folder can't be written.
    """
    layout = lay_out(order)
    stages = [Stage(plan(order, number), layout, order.look) for number in range(len(order.cameras))]
    shots = [
        [_shot(order, number, stage, take) for take in stage.timeline.takes] for number, stage in enumerate(stages)
    ]
    total = sum(len(shot.times_s) for camera_shots in shots for shot in camera_shots)
    painted = 0

    def told(pictures: Iterator[tuple[float, Plane]]) -> Iterator[tuple[float, Plane]]:
        nonlocal painted
        for picture in pictures:
            yield picture
            painted += 1
            if on_picture is not None:
                on_picture(painted, total)

    for name in order.cameras:
        (out_dir / name).mkdir(parents=True, exist_ok=True)
    cameras = []
    for number, stage in enumerate(stages):
        painter = Painter(order, number, stage)
        for shot in shots[number]:
            started_at = _instant(order, shot.start_s)
            pictures = ((time_s, painter.paint(shot.start_s + time_s)) for time_s in shot.times_s)
            path = out_dir / shot.path
            encode(path, told(pictures), order.recording, (layout.width, layout.height), started_at)
            ended = (started_at + timedelta(seconds=_duration_s(order, shot))).timestamp()
            os.utime(path, (ended, ended))
        cameras.append(_true_camera(order, number, stage, shots[number], layout))
    truth = Truth(seed=order.seed, cameras=tuple(cameras))
    truth.write(out_dir)
    return truth


def _shot(order: Order, camera_number: int, stage: Stage, take: Take) -> Shot:
    camera, recording = order.cameras[camera_number], order.recording
    times_s = picture_times(order, camera_number, take)
    if recording.skip_unchanged:
        times_s = moving_times(stage, take.start_s, times_s, recording.still_s)
    clock = _instant(order, take.start_s).astimezone(ZoneInfo(recording.zone))
    name = f"{camera}_{clock:%Y%m%d_%H%M%S}.{recording.container}"
    return Shot(path=f"{camera}/{name}", start_s=take.start_s, times_s=times_s)


def _instant(order: Order, time_s: float) -> datetime:
    return order.recording.started_at + timedelta(seconds=time_s)


def _duration_s(order: Order, shot: Shot) -> float:
    return round(shot.times_s[-1] + float(1 / order.recording.rate), 6)


def _true_camera(order: Order, number: int, stage: Stage, shots: list[Shot], layout: Layout) -> TrueCamera:
    card = order.packing.trigger_card
    videos = tuple(
        TrueVideo(
            path=shot.path,
            started_at=_instant(order, shot.start_s),
            duration_s=_duration_s(order, shot),
            width=layout.width,
            height=layout.height,
        )
        for shot in shots
    )
    return TrueCamera(
        camera_name=order.cameras[number],
        videos=videos,
        trigger_area=layout.card if card else None,
        events=true_events(stage, shots, card, order.recording.started_at),
    )
