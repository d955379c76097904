"""The detector with a real ledger: whatever the order in which videos arrive, the tables come out the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import copied
from tests.events.scenes import START, WITH_TRIGGER, WITHOUT_TRIGGER, filmed, handled, sight, triggered, video
from tests.pipeline.services import Counting
from vtrack_ray.errors import ActorLost, NotAVideo, StaleAttempt
from vtrack_ray.events.chain import Take
from vtrack_ray.events.fold import fold
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim, Outcome
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Sample
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.sampling_log import Method
from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.pipeline.detector import EventDetector, Uncoded
from vtrack_ray.pipeline.gathering import Gathering
from vtrack_ray.pipeline.launcher import LocalStore

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def claimed(ledger: Ledger, take: Take, profile: Profile) -> Claim:
    """What a run does with a video until it is sampled."""
    of = take.video
    ledger.register([of.file], NOW)
    ledger.set_header(of.video_id, of.header)
    claim = ledger.claim_video(of.video_id, NOW)
    assert claim is not None
    for log in take.logs:
        ledger.log_span(of.video_id, claim.attempt, profile.digest, log)
    return claim


def take_in(ledger: Ledger, take: Take, profile: Profile, detector: EventDetector | None = None) -> None:
    """What a run does with a video, if none else is given with a detector that knows no other."""
    detector = detector or EventDetector(LocalStore(ledger))
    asyncio.run(detector.conclude(claimed(ledger, take, profile), profile, take.logs, looks=()))


def test_a_video_is_looked_at_again_before_it_is_concluded_without_a_code(ledger: Ledger) -> None:
    take = filmed(video(), triggered([(10, 20), (30, 40)], [("CODE0001", 12, 15)]))
    claim, detector = claimed(ledger, take, WITH_TRIGGER), EventDetector(LocalStore(ledger))
    before = ledger.snapshot()
    first = asyncio.run(detector.conclude(claim, WITH_TRIGGER, take.logs))
    assert first == Uncoded((Span(30, 40),))
    assert ledger.snapshot() == before
    [look] = filmed(take.video, lambda time_s: Sample(time_s=time_s, sights=(sight("CODE0002"),))).logs
    found = replace(look, samples=Samples(look.samples[175:176]), method=Method.SECOND_LOOK)
    ledger.log_span(take.video.video_id, claim.attempt, WITH_TRIGGER.digest, found)
    second = asyncio.run(detector.conclude(claim, WITH_TRIGGER, take.logs, looks=[found]))
    assert isinstance(second, Outcome)
    assert [event.tracking_codes for event in ledger.events()] == [("CODE0001",), ("CODE0002",)]


def test_what_can_not_be_read_of_a_video_is_told_with_its_end(ledger: Ledger) -> None:
    take = filmed(video(), triggered([], []))
    torn = Stretch(span=Span(40, 60), coverage=Coverage.UNREADABLE, reason="cut off")
    detector = EventDetector(LocalStore(ledger))
    logs = [replace(take.logs[0], coverage=(torn,))]
    claim = claimed(ledger, take, WITH_TRIGGER)
    nothing = [replace(take.logs[0], coverage=(replace(torn, span=Span(0, 60)),))]
    with pytest.raises(NotAVideo, match="nothing of it could be read"):
        asyncio.run(detector.conclude(claim, WITH_TRIGGER, nothing))
    outcome = asyncio.run(detector.conclude(claim, WITH_TRIGGER, logs))
    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.reason) == (
        VideoStatus.NO_ACTIVITY,
        "20.0 s could not be read (40.0 to 60.0 s): cut off",
    )


# Videos of 20 s: some touch, some leave a gap that an event can cross, one leaves a longer one, one is a copy, and some
# show another table (by so many seconds, another time of the same one) at the same time.
STARTS_S = (0, 20, 41, 61, 92, 112, 132, 150, 150, 9, 29, 100)
SHIFTS_S = (0, 0, 0, 0, 0, 0, 0, 0, 0, 33, 33, 47)

stretches = st.lists(st.integers(0, 849), min_size=2, max_size=20, unique=True).map(
    lambda ticks: [(low / 5, high / 5) for low, high in zip(*[iter(sorted(ticks))] * 2, strict=False)]
)

restless = st.lists(st.integers(1, 7) | st.integers(20, 70), min_size=2, max_size=40).map(
    lambda lengths: [(low / 5, high / 5) for low, high in zip(*[iter(accumulate(lengths))] * 2, strict=False)]
)
"""The card seen and covered in turn, often for less than it takes to count."""


@st.composite
def recordings(draw: st.DrawFn) -> tuple[Profile, list[Take]]:
    with_trigger = draw(st.booleans())
    packed = draw(stretches | restless)
    codes = [(draw(st.sampled_from(["CODE0001", "CODE0002"])), low, high) for low, high in draw(stretches)]
    takes = []
    for number, (start_s, shift_s) in enumerate(zip(STARTS_S, SHIFTS_S, strict=True)):
        of = video(f"{number:02}.mp4", start_s=start_s, duration_s=20)
        start_s += shift_s
        hands = handled(
            [(a - start_s, b - start_s) for a, b in packed], [(c, a - start_s, b - start_s) for c, a, b in codes]
        )
        takes.append(filmed(of, triggered(packed, codes, offset_s=start_s) if with_trigger else hands))
    return (WITH_TRIGGER if with_trigger else WITHOUT_TRIGGER), draw(st.permutations(takes))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recordings(), st.sampled_from([0, 60, 10**6]))
def test_events_do_not_depend_on_the_order_of_arrival(
    empty_database: Path,
    tmp_path_factory: pytest.TempPathFactory,
    recording: tuple[Profile, Sequence[Take]],
    most_remembered: int,
) -> None:
    profile, takes = recording
    with Ledger.open(copied(empty_database, tmp_path_factory.mktemp("ledger") / "t.duckdb")) as ledger:
        detector = EventDetector(LocalStore(ledger), most_samples=most_remembered)
        for take in takes:
            take_in(ledger, take, profile, detector)
        assert ledger.events() == fold(takes, profile)
        lie_in = {video_id for event in ledger.events() for video_id in event.video_ids}
        done = {row.video_id for row in ledger.videos() if row.status is VideoStatus.DONE}
        assert done == lie_in


def test_neighbours_are_looked_through_few_times_where_no_rest_ends_it(ledger: Ledger) -> None:
    packed = triggered([(-1, 9999)], [("CODE0001", 5, 6)])
    takes = [filmed(video(f"{number:02}.mp4", start_s=20 * number, duration_s=20), packed) for number in range(32)]
    apart = filmed(video("apart.mp4", start_s=20 * 32 + 11, duration_s=20), packed)
    for take in [*takes, apart]:
        take_in(ledger, take, WITH_TRIGGER)
    store = Counting(ledger)
    around = EventDetector(store).fold_around([takes[20].video], WITH_TRIGGER, is_there=True)
    assert set(asyncio.run(around).video_ids) == {take.video.video_id for take in takes}
    assert store.asked["neighbours"] < 9
    assert ledger.events() == fold([*takes, apart], WITH_TRIGGER)


def test_an_event_that_went_on_in_a_removed_video_is_folded_again(ledger: Ledger) -> None:
    packed, codes = [(50.0, 75.0)], [("CODE0001", 52.0, 55.0)]
    first = filmed(video("a.mp4"), triggered(packed, codes))
    second = filmed(video("b.mp4", start_s=60), triggered(packed, codes, offset_s=60))
    take_in(ledger, first, WITH_TRIGGER)
    take_in(ledger, second, WITH_TRIGGER)
    changed = replace(second.video.file, size_bytes=2)
    [removed] = ledger.register([changed], NOW).removed
    asyncio.run(EventDetector(LocalStore(ledger)).refold(WITH_TRIGGER, removed))
    assert ledger.events() == fold([first], WITH_TRIGGER)


def test_an_answer_of_an_earlier_attempt_changes_nothing(ledger: Ledger) -> None:
    take = filmed(video(), triggered([(10, 30)], [("CODE0001", 20, 25)]))
    ledger.register([take.video.file], NOW)
    ledger.set_header(take.video.video_id, take.video.header)
    early = ledger.claim_video(take.video.video_id, START)
    assert early is not None
    ledger.log_span(take.video.video_id, early.attempt, WITH_TRIGGER.digest, take.logs[0])
    ledger.release_claims()
    assert ledger.claim_video(take.video.video_id, NOW) is not None
    before = ledger.snapshot()
    with pytest.raises(StaleAttempt):
        asyncio.run(EventDetector(LocalStore(ledger)).conclude(early, WITH_TRIGGER, take.logs))
    assert ledger.snapshot() == before


def of_camera(name: str) -> tuple[Take, Take, Profile]:
    """Two videos that an event crosses."""
    packed, codes = [(50.0, 75.0)], [(f"CODE{name}", 52.0, 55.0)]
    first, second = video(f"{name}/a.mp4"), video(f"{name}/b.mp4", start_s=60)
    first, second = (replace(one, file=replace(one.file, camera_name=name)) for one in (first, second))
    profile = WITH_TRIGGER.model_copy(update={"camera_name": name})
    return filmed(first, triggered(packed, codes)), filmed(second, triggered(packed, codes, offset_s=60)), profile


def test_cameras_are_concluded_side_by_side_and_the_videos_of_one_by_turns(ledger: Ledger) -> None:
    cameras = [of_camera(f"cam{number}") for number in range(6)]
    store = Counting(ledger)
    detector = EventDetector(Gathering(store))

    async def concluded() -> list[Outcome | Uncoded]:
        return await asyncio.gather(
            *[
                detector.conclude(claimed(ledger, take, profile), profile, take.logs, looks=())
                for first, second, profile in cameras
                for take in (first, second)
            ]
        )

    outcomes = asyncio.run(concluded())
    assert [isinstance(one, Outcome) and one.status for one in outcomes] == [VideoStatus.DONE] * 12
    events = [event for first, second, profile in cameras for event in fold([first, second], profile)]
    assert sorted(ledger.events(), key=lambda event: event.camera_name) == events
    assert len(events) == 6
    assert store.asked["conclude_videos"] < 12
    assert store.asked["logs"] == 0


def test_what_was_sampled_anew_takes_the_place_of_what_is_remembered(ledger: Ledger) -> None:
    first, second, profile = of_camera("cam1")
    detector = EventDetector(LocalStore(ledger))
    take_in(ledger, first, profile, detector)
    ledger.reopen([first.video.video_id])
    idle = filmed(first.video, triggered([], []))
    take_in(ledger, idle, profile, detector)
    take_in(ledger, second, profile, detector)
    assert ledger.events() == fold([idle, second], profile) != fold([first, second], profile)


def test_what_may_not_have_been_stored_is_not_remembered(ledger: Ledger) -> None:
    first, second, profile = of_camera("cam1")

    class Deaf(LocalStore):
        """Stores what it is given, and is lost before it can say so."""

        is_deaf = False

        async def __call__(self, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            answer = await super().__call__(method, *args, **kwargs)
            if self.is_deaf and method is Ledger.conclude:
                raise ActorLost
            return answer

    store = Deaf(ledger)
    detector = EventDetector(store)
    take_in(ledger, first, profile, detector)
    ledger.reopen([first.video.video_id])
    idle = filmed(first.video, triggered([], []))
    store.is_deaf = True
    with pytest.raises(ActorLost):
        take_in(ledger, idle, profile, detector)
    store.is_deaf = False
    take_in(ledger, second, profile, detector)
    assert ledger.events() == fold([idle, second], profile)
