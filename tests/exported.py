"""The metrics of a service at work, as Prometheus reads them from the node."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from tests.conftest import Footage
from tests.test_deploy import made

_PATIENCE_S = 60.0
_ALL_DONE = r'ray_vtrack_occurrences_total\{.*kind="done".* 4\.0'


def scraped(up: int) -> str:
    """What the node of that service exports now; nothing before it has begun to."""
    sessions = psutil.Process(up).children()
    folders = [Path(tempfile.gettempdir(), "ray").glob(f"session_*_{session.pid}") for session in sessions]
    ports = [file for found in folders for folder in found for file in folder.glob("metrics_export_port_*")]
    if not ports:
        return ""
    try:
        with urlopen(f"http://127.0.0.1:{int(ports[0].read_text('ascii'))}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
    except (URLError, ConnectionError, TimeoutError):
        return ""
    return text


def names(text: str) -> set[str]:
    """The service's metrics among what is exported."""
    return set(re.findall(r"^(ray_vtrack_\w+)\{", text, re.MULTILINE))


def value(text: str, name: str, label: str) -> float:
    [line] = [line for line in text.splitlines() if line.startswith(f"{name}{{") and label in line]
    return float(line.rsplit(maxsplit=1)[1])


def assert_every_metric_comes_out(up: int, two_cameras: Footage) -> None:
    """Of that service, which has worked both cameras off, or is about to."""
    deadline = time.monotonic() + _PATIENCE_S
    text = ""
    # Ray exports every few seconds, and the backlog is told as often.
    while not (names(text) == set(made()) and re.search(_ALL_DONE, text)):
        assert time.monotonic() < deadline, sorted(set(made()) ^ names(text))
        time.sleep(0.5)
        text = scraped(up)
    videos = [video for camera in two_cameras.truth.cameras for video in camera.videos]
    footage_s = sum(value(text, "ray_vtrack_footage_seconds_total", f'camera="{name}"') for name in ("cam1", "cam2"))
    assert abs(footage_s - sum(video.duration_s for video in videos)) < 1
    events = sum(value(text, "ray_vtrack_events_total", f'camera="{name}"') for name in ("cam1", "cam2"))
    assert events >= sum(len(camera.events) for camera in two_cameras.truth.cameras)
    assert value(text, "ray_vtrack_speed", 'camera="cam1"') > 1
