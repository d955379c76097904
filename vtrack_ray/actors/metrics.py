"""Metrics: what the service does, for Ray's dashboard and whoever reads its Prometheus endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from ray.util.metrics import Counter, Gauge

from vtrack_ray.ledger.values import STAGES, Backlog
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind


class Metrics:
    """Counts occurrences and shows the backlog. Ray puts `ray_` before each name, and `_total` behind each counter."""

    def __init__(self) -> None:
        self._occurrences = Counter(
            "vtrack_occurrences", "What happened: retries, time-outs, stale claims and the rest, by kind.", ("kind",)
        )
        self._footage = Counter("vtrack_footage_seconds", "Seconds of footage worked through.", ("camera",))
        self._work = Counter("vtrack_work_seconds", "Seconds of work on videos, by stage.", ("stage",))
        self._events = Counter("vtrack_events", "Events in the videos worked through.", ("camera",))
        self._codes = Counter("vtrack_codes", "Different tracking codes in each video worked through.", ("camera",))
        self._scan = Gauge("vtrack_scan_seconds", "How long the last scan took.")
        self._speed = Gauge("vtrack_speed", "Footage of the last video by the time it took.", ("camera",))
        self._batch = Gauge("vtrack_batch_size", "How many tasks may run at once, by machine.", ("node",))
        self._queue = Gauge("vtrack_queue_videos", "Videos still to be worked through.", ("camera",))
        self._queue_footage = Gauge(
            "vtrack_queue_seconds", "Seconds of footage still to be worked through.", ("camera",)
        )
        self._under_way = Gauge("vtrack_videos_under_way", "Videos that are being worked on.")
        self._batches: dict[str, float] = {}
        self._last_scan_s: float | None = None

    def occurred(self, occurrence: Occurrence) -> None:
        self._occurrences.inc(1, {"kind": occurrence.kind})
        figures = occurrence.figures
        match occurrence.kind:
            case OccurrenceKind.DONE:
                camera = {"camera": _ascii(occurrence.camera_name or "")}
                _add(self._footage, figures["footage_s"], camera)
                self._speed.set(figures["footage_s"] / max(1e-3, figures["work_s"]), camera)
                _add(self._events, figures["events"], camera)
                _add(self._codes, figures["codes"], camera)
                for stage in STAGES:
                    _add(self._work, figures[f"{stage}_s"], {"stage": stage})
            case OccurrenceKind.SCAN:
                self._last_scan_s = figures["scan_s"]
            case OccurrenceKind.BATCH:
                self._batches[occurrence.node or ""] = figures["size"]

    def stands(self, backlog: Sequence[Backlog], under_way: int) -> None:
        # A gauge that is not set again and again vanishes.
        for camera in backlog:
            name = {"camera": _ascii(camera.camera_name)}
            self._queue.set(camera.videos, name)
            self._queue_footage.set(camera.footage_s, name)
        for node, size in self._batches.items():
            self._batch.set(size, {"node": _ascii(node)})
        if self._last_scan_s is not None:
            self._scan.set(self._last_scan_s)
        self._under_way.set(under_way)


def _ascii(name: str) -> str:
    """The name as Ray takes it: it refuses tags that are not ASCII. Other letters are escapes, as in `b\\xe0n 1`."""
    return name.encode("ascii", "backslashreplace").decode("ascii")


def _add(counter: Counter, value: float, tags: dict[str, str]) -> None:
    if value > 0:  # Ray refuses to count nothing
        counter.inc(value, tags)
