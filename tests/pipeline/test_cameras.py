from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import TINY
from tests.pipeline.services import in_a_loop
from vtrack_ray.errors import SamplerCrashed, SamplerLost, VideoError
from vtrack_ray.footage.probe import probe
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.pipeline.cameras import Cameras
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import LocalLauncher, LocalStore
from vtrack_ray.render.footage import render
from vtrack_ray.render.order import Order, Packing, Recording
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import scan

P = ParamSpec("P")
T = TypeVar("T")

BEGIN = datetime(2026, 11, 1, 8, tzinfo=UTC)
GONE, BARE = 9, 18
"""Of so many videos the first can't be read, and the others show no card. Of either, fewer are asked for at once."""


def clip(folder: Path, *, trigger_card: bool) -> Path:
    packing = Packing(events=1, event_s=(5, 5.5), before_s=1.5, after_s=1.5, trigger_card=trigger_card)
    render(Order(packing=packing, look=TINY, recording=Recording(frame_rate=5, creation_time=False)), folder)
    [path] = (folder / "cam1").iterdir()
    return path


def registered(ledger: Ledger, root: Path, clips: Sequence[Path]) -> list[datetime]:
    """Copies of the clips as one camera's videos, an hour from one to the next, with their headers; their starts."""
    (root / "cam1").mkdir(parents=True)
    starts = [BEGIN + timedelta(hours=number) for number in range(len(clips))]
    for one, start in zip(clips, starts, strict=True):
        shutil.copy(one, root / "cam1" / f"{start:%Y%m%dT%H%M%SZ}.mp4")
    files = scan([root]).files
    ledger.register(files, BEGIN)
    for file in files:
        ledger.set_header(file.video_id, probe(file, ZoneInfo("UTC")))
    return starts


class Dying(LocalLauncher):
    """What runs first ends with one of the errors each time, before anything else runs."""

    def __init__(self, *errors: VideoError) -> None:
        super().__init__()
        self._errors = list(errors)

    async def run(self, job: Job, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._errors:
            raise self._errors.pop(0)
        return await super().run(job, function, *args, **kwargs)


@in_a_loop
async def test_the_card_is_looked_for_until_it_is_found_and_no_further(ledger: Ledger, tmp_path: Path) -> None:
    bare, shown = clip(tmp_path / "bare", trigger_card=False), clip(tmp_path / "shown", trigger_card=True)
    starts = registered(ledger, tmp_path / "root", [*[bare] * BARE, shown, shown])
    for video in ledger.unsurveyed("cam1")[:GONE]:
        Path(video.path).unlink()
    cameras = Cameras(Settings(DB=ledger.path), LocalStore(ledger), LocalLauncher())

    profile = await cameras.know("cam1")

    assert profile.qr_trigger_area is not None
    assert profile.trigger_found_at == starts[BARE]
    assert [video.started_at for video in ledger.unsurveyed("cam1")] == [
        *starts[:GONE],
        *starts[BARE + 1 :],
    ]
    assert cameras.profiles == {"cam1": ledger.profile("cam1")}


@pytest.mark.parametrize(
    ("errors", "found_in"),
    [
        pytest.param([SamplerCrashed("killed")], 0, id="a process that died is no reason to pass the video over"),
        pytest.param([SamplerLost("gone")], 0, id="nor is a machine that is gone"),
        pytest.param([SamplerCrashed("killed")] * 2, 1, id="a video that brings its process down is passed over"),
    ],
)
@in_a_loop
async def test_a_survey_that_was_lost_is_done_once_more(
    ledger: Ledger, tmp_path: Path, errors: list[VideoError], found_in: int
) -> None:
    starts = registered(ledger, tmp_path / "root", [clip(tmp_path / "shown", trigger_card=True)] * 2)
    cameras = Cameras(Settings(DB=ledger.path), LocalStore(ledger), Dying(*errors))

    profile = await cameras.know("cam1")

    assert profile.trigger_found_at == starts[found_in]
    assert [video.started_at for video in ledger.unsurveyed("cam1")] == [
        start for start in starts if start != starts[found_in]
    ]
