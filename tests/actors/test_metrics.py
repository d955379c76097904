"""What Ray is given to count."""

from __future__ import annotations

from datetime import UTC, datetime

from vtrack_ray.actors.metrics import Metrics
from vtrack_ray.ledger.values import STAGES, Backlog
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind


def test_cameras_are_counted_whatever_script_their_names_are_in() -> None:
    metrics = Metrics()
    figures = dict.fromkeys(("footage_s", "work_s", "events", "codes", *(f"{stage}_s" for stage in STAGES)), 1.0)
    for name in ("bàn 1", "包装台", "\N{PACKAGE}"):
        metrics.stands([Backlog(camera_name=name, videos=3, unprobed=1, footage_s=7.0, cost=None)], 1)
        now = datetime.now(UTC)
        metrics.occurred(Occurrence(at=now, kind=OccurrenceKind.DONE, text="done", camera_name=name, figures=figures))
