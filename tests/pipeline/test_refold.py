"""A refold against what the detector stored: the same events, in whatever order their videos were concluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conftest import copied
from tests.events.scenes import WITH_TRIGGER, filmed, triggered, video
from tests.pipeline.test_detector import NOW, recordings, take_in
from vtrack_ray.events.chain import Take
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.pipeline.audit import audit
from vtrack_ray.pipeline.refold import refold


def faults(ledger: Ledger) -> list[str]:
    """Those that an audit finds, but for coverage: the logs here have none."""
    return [f for f in audit(ledger, ledger.path, ledger.standing_commits()).faults if "come to the duration" not in f]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recordings())
def test_a_refold_comes_to_the_stored_events(
    empty_database: Path, tmp_path_factory: pytest.TempPathFactory, recording: tuple[Profile, Sequence[Take]]
) -> None:
    profile, takes = recording
    takes = takes[:6]  # how they come in, and from where on they have gaps, is not what this is about
    with Ledger.open(copied(empty_database, tmp_path_factory.mktemp("ledger") / "t.duckdb")) as ledger:
        ledger.save_profile(profile)
        for take in takes:
            take_in(ledger, take, profile)
        [again] = refold(ledger)
        assert again.is_certain
        assert list(again.events) == ledger.events()
        assert faults(ledger) == []
        before = ledger.snapshot()
        ledger.remake_events(again.events)
        assert ledger.snapshot() == before


def test_a_videos_samples_behind_the_end_of_its_header_count(ledger: Ledger) -> None:
    packed, codes = [(30.0, 40.0), (90.0, 100.0)], [("CODE0001", 32.0, 35.0), ("CODE0002", 92.0, 95.0)]
    whole = filmed(video("a.mp4", duration_s=120), triggered(packed, codes))
    short = replace(whole, video=video("a.mp4", duration_s=60))
    ledger.save_profile(WITH_TRIGGER)
    take_in(ledger, short, WITH_TRIGGER)
    assert len(ledger.events()) == 2
    [again] = refold(ledger)
    assert list(again.events) == ledger.events()


def test_another_profile_of_the_camera_is_folded_with_as_it_was(ledger: Ledger) -> None:
    strict = Profile.model_validate({**WITH_TRIGGER.model_dump(), "max_packing_s": 12.0})
    one = filmed(video("a.mp4"), triggered([(10, 30)], [("CODE0001", 12, 15)]))
    other = filmed(video("b.mp4", start_s=600), triggered([(10, 30)], [("CODE0001", 12, 15)]))
    ledger.save_profile(strict)
    take_in(ledger, one, strict)
    ledger.save_profile(WITH_TRIGGER)
    take_in(ledger, other, WITH_TRIGGER)
    [again] = refold(ledger)
    assert not again.is_certain
    assert [event.status for event in again.events] == ["overlong", "complete"]
    assert list(again.events) == ledger.events()


def test_a_removed_video_leaves_its_neighbours_out_of_the_comparison(ledger: Ledger) -> None:
    packed, codes = [(50.0, 75.0)], [("CODE0001", 52.0, 55.0)]
    first = filmed(video("a.mp4"), triggered(packed, codes))
    second = filmed(video("b.mp4", start_s=60), triggered(packed, codes, offset_s=60))
    ledger.save_profile(WITH_TRIGGER)
    take_in(ledger, first, WITH_TRIGGER)
    take_in(ledger, second, WITH_TRIGGER)
    ledger.register([replace(second.video.file, size_bytes=2)], NOW)
    assert faults(ledger) == []
    [again] = refold(ledger)
    ledger.remake_events(again.events)
    assert ledger.unconcluded() == []
    assert faults(ledger) == []
    assert len(ledger.events()) == 1
