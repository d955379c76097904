from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.examples import DIGEST, claimed, log
from tests.meaning.test_samples import NUMBERS, SAMPLES, TEXTS
from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.sampling_log import Jump, Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, Stretch

SPANS = st.tuples(NUMBERS, NUMBERS).map(lambda ends: Span(min(ends), max(ends)))
STRETCHES = st.builds(Stretch, span=SPANS, coverage=st.sampled_from(Coverage), reason=st.none() | TEXTS)
LOGS = st.builds(
    SamplingLog,
    video_id=st.just(""),
    span=SPANS,
    method=st.sampled_from(Method),
    samples=SAMPLES,
    coverage=st.lists(STRETCHES, max_size=3).map(tuple),
    pictures=st.integers(0, 2**40),
    seconds=st.dictionaries(TEXTS, NUMBERS, max_size=4),
    jumps=st.lists(st.builds(Jump, NUMBERS, st.booleans()), max_size=3).map(tuple),
    notes=st.lists(TEXTS, max_size=3).map(tuple),
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder: Path = tmp_path_factory.mktemp("ledger")
    with Ledger.open(folder / "vtrack.duckdb") as opened:
        yield opened


@pytest.fixture(scope="module")
def claim(kept: Ledger) -> Claim:
    return claimed(kept)


@settings(deadline=None)
@given(drawn=LOGS)
def test_a_log_comes_back_exactly(kept: Ledger, claim: Claim, drawn: SamplingLog) -> None:
    video_id = claim.video.video_id
    kept.keep_logs(video_id, DIGEST, Method.CASCADE, [])
    given_in = SamplingLog(**{**drawn.__dict__, "video_id": video_id})
    kept.log_span(video_id, claim.attempt, DIGEST, given_in)
    assert kept.logs([video_id]) == {video_id: [given_in]}


def test_a_repeated_log_overwrites_itself(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    for _ in range(2):
        ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id, 0, 30))
    row = ledger.video(video_id)
    assert row
    assert (row.examined_s, row.idle_s, row.pictures, row.seconds["coarse"]) == (15.0, 15.0, 2, 1.5)
    assert row.profile_digest == DIGEST


def test_the_record_sums_its_logs(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    unreadable = SamplingLog(
        video_id=video_id,
        span=Span(40.0, 60.0),
        method=Method.CASCADE,
        samples=Samples(),
        coverage=(Stretch(span=Span(40.0, 60.0), coverage=Coverage.UNREADABLE, reason="cut off"),),
    )
    for one in (log(video_id, 0, 40), unreadable, log(video_id, 10, 20, Method.SECOND_LOOK)):
        ledger.log_span(video_id, claim.attempt, DIGEST, one)
    row = ledger.video(video_id)
    assert row
    assert (row.examined_s, row.idle_s, row.unreadable_s, row.pictures) == (20.0, 20.0, 20.0, 4)


def test_logs_are_given_in_time_order_for_each_video(ledger: Ledger) -> None:
    a, b = claimed(ledger, "a.mp4"), claimed(ledger, "b.mp4")
    a_id, b_id = a.video.video_id, b.video.video_id
    for start_s in (30, 0):
        ledger.log_span(a_id, a.attempt, DIGEST, log(a_id, start_s, start_s + 30))
    ledger.log_span(b_id, b.attempt, DIGEST, log(b_id))
    assert ledger.logs([b_id, a_id]) == {b_id: [log(b_id)], a_id: [log(a_id, 0, 30), log(a_id, 30, 60)]}


def test_logs_of_another_profile_are_not_kept(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.log_span(video_id, claim.attempt, "old", log(video_id, 0, 30))
    ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id, 30, 60))
    assert ledger.keep_logs(video_id, DIGEST, Method.CASCADE, [Span(0, 30), Span(30, 60)]) == [Span(30, 60)]
    assert ledger.logs([video_id])[video_id] == [log(video_id, 30, 60)]
    row = ledger.video(video_id)
    assert row
    assert row.examined_s == 15.0


def test_only_logs_of_the_same_spans_and_method_are_kept(ledger: Ledger) -> None:
    claim = claimed(ledger)
    video_id = claim.video.video_id
    ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id, 0, 30))
    ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id, 30, 50))
    ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id, 0, 30, Method.SECOND_LOOK))
    ledger.log_span(video_id, claim.attempt, DIGEST, log(video_id, 30, 60, Method.EXHAUSTIVE))
    assert ledger.keep_logs(video_id, DIGEST, Method.CASCADE, [Span(0, 30), Span(30, 60)]) == [Span(0, 30)]
    assert ledger.logs([video_id])[video_id] == [log(video_id, 0, 30)]
    assert ledger.keep_logs(video_id, "other", Method.CASCADE, [Span(0, 30)]) == []


def test_a_log_of_another_video_is_refused(ledger: Ledger) -> None:
    claim = claimed(ledger)
    with pytest.raises(ValueError, match="was given for video"):
        ledger.log_span(claim.video.video_id, claim.attempt, DIGEST, log("other"))


def test_logs_of_many_videos_are_stored_as_one_by_one(tmp_path: Path) -> None:
    whole = []
    for at_once in (True, False):
        with Ledger.open(tmp_path / f"{at_once}.duckdb") as ledger:
            claims = [claimed(ledger, name) for name in ("a.mp4", "b.mp4")]
            spans = [(0.0, 30.0), (30.0, 60.0), (0.0, 30.0)]  # the first one twice, as of a repeat
            answers = [
                (one.video.video_id, one.attempt, DIGEST, replace(log(one.video.video_id, *span), pictures=number))
                for number, span in enumerate(spans)
                for one in claims
            ]
            for some in [answers] if at_once else [[answer] for answer in answers]:
                assert ledger.log_spans(some) == [None] * len(some)
            whole.append((ledger.snapshot(), [replace(row, source="", path="") for row in ledger.videos()]))
            assert [stored.pictures for stored in ledger.logs([claims[0].video.video_id]).popitem()[1]] == [2, 1]
    assert whole[0] == whole[1]


def test_of_many_logs_a_late_one_is_refused_alone(ledger: Ledger) -> None:
    late, good = claimed(ledger, "late.mp4"), claimed(ledger, "good.mp4")
    ledger.release(late.video.video_id, late.attempt, "it was given up")
    ids = [one.video.video_id for one in (late, good)]
    refusal, accepted = ledger.log_spans([(of, 1, DIGEST, log(of)) for of in ids])
    assert isinstance(refusal, StaleAttempt)
    assert accepted is None
    assert ledger.logs(ids) == {ids[0]: [], ids[1]: [log(ids[1])]}
    with pytest.raises(ValueError, match="a log of video"):
        ledger.log_spans([(ids[0], 1, DIGEST, log(ids[1]))])
