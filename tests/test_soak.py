"""Two hours of Default mode: nothing is left behind but what the tables are to hold."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from benchmarks.soak import CLIPS_AGO_S, SCANS_AN_HOUR, Reading, Soak, grown, rendered
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.video import VideoStatus

_SCANS, _CAMERAS = 8, ("cam1", "cam2")


def test_nothing_grows_but_the_tables(tmp_path: Path) -> None:
    readings: list[Reading] = []
    clip = rendered(tmp_path / "clip")
    with Ledger.open(tmp_path / "soak.duckdb") as ledger:
        soak = Soak(tmp_path, clip, ledger, _CAMERAS, timedelta(hours=1))
        asyncio.run(soak.run(_SCANS, readings.append))
        videos = len(_CAMERAS) * len(CLIPS_AGO_S) * _SCANS
        assert soak.written == videos
        assert ledger.counts() == {status: videos if status is VideoStatus.DONE else 0 for status in VideoStatus}
        tables = ledger.read_tables()
        assert (tables["file_list"], tables["processed_logs"], tables["events"]) == (videos, videos, videos)
        assert tables["removed_videos"] == 0
        assert len(list(tmp_path.glob("footage/*/*.mp4"))) < videos / 2, "the others were deleted, and stay known"
        assert {len(event.tracking_codes) for event in ledger.events()} == {1}
    assert soak.scans.trouble == []
    assert len(readings) == _SCANS // SCANS_AN_HOUR
    assert len({(one.descriptors, one.threads, one.tasks) for one in readings}) == 1, readings


def test_growth_beyond_a_bound_is_told() -> None:
    steady = Reading(
        hour=1,
        videos=9,
        memory_mb=300,
        descriptors=20,
        threads=2,
        tasks=8,
        objects=90_000,
        rows=100,
        database_kb=1200,
        copy_kb=1000,
    )
    assert list(grown([steady] * 8)) == []
    for name, value in (("memory_mb", 340), ("descriptors", 21), ("threads", 3), ("tasks", 9), ("objects", 99_000)):
        [told] = grown([steady] * 6 + [replace(steady, **{name: value})] * 2)
        assert told.startswith(name)
    assert "database" in "".join(grown([steady] * 6 + [replace(steady, database_kb=2001)] * 2))
