from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import SMALL, copied
from tests.pipeline.services import in_a_loop
from vtrack_ray.footage.probe import probe
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.cameras import Cameras
from vtrack_ray.pipeline.launcher import LocalLauncher, LocalStore
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Order, Packing, Recording
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import scan

BEGIN = datetime(2026, 11, 1, 8, tzinfo=UTC)
GONE, BARE = 9, 18
"""Of so many videos the first can't be read, and the others show no card. Of either, fewer are asked for at once."""


@pytest.fixture
def ledger(empty_database: Path, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(copied(empty_database, tmp_path / "vtrack.duckdb")) as opened:
        yield opened


def clip(folder: Path, *, trigger_card: bool) -> Path:
    packing = Packing(events=1, event_s=(5, 5.5), before_s=1.5, after_s=1.5, trigger_card=trigger_card)
    render(Order(packing=packing, look=SMALL, recording=Recording(frame_rate=5, creation_time=False)), folder)
    [path] = (folder / "cam1").iterdir()
    return path


@in_a_loop
async def test_the_card_is_looked_for_until_it_is_found_and_no_further(ledger: Ledger, tmp_path: Path) -> None:
    bare, shown = clip(tmp_path / "bare", trigger_card=False), clip(tmp_path / "shown", trigger_card=True)
    (tmp_path / "root" / "cam1").mkdir(parents=True)
    starts = [BEGIN + timedelta(hours=number) for number in range(BARE + 2)]
    for number, start in enumerate(starts):
        shutil.copy(bare if number < BARE else shown, tmp_path / "root" / "cam1" / f"{start:%Y%m%dT%H%M%SZ}.mp4")
    files = scan([tmp_path / "root"]).files
    ledger.register(files, BEGIN)
    for file in files:
        ledger.set_header(file.video_id, probe(file, ZoneInfo("UTC")))
    for file in files[:GONE]:
        Path(file.path).unlink()
    cameras = Cameras(Settings(DB=ledger.path), LocalStore(ledger), LocalLauncher())

    profile = await cameras.know("cam1")

    assert profile.qr_trigger_area is not None
    assert profile.trigger_found_at == starts[BARE]
    assert [video.started_at for video in ledger.unsurveyed("cam1")] == [
        *starts[:GONE],
        *starts[BARE + 1 :],
    ]
    assert cameras.profiles == {"cam1": ledger.profile("cam1")}
