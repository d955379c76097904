"""What the service did and what happened to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.examples import MINUTE, NOON
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import HistoryFilter
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind


def one(text: str, minute: float = 0, kind: OccurrenceKind = OccurrenceKind.SCAN, **about: str) -> Occurrence:
    return Occurrence(at=NOON + minute * MINUTE, kind=kind, text=text, **about)  # type: ignore[arg-type]


def texts(ledger: Ledger, history_filter: HistoryFilter | None = None) -> str:
    return " ".join(occurrence.text for occurrence in ledger.history(history_filter))


def test_an_occurrence_comes_back_as_it_was_recorded(ledger: Ledger) -> None:
    whole = Occurrence(
        at=NOON,
        kind=OccurrenceKind.DONE,
        text="/rec/caf\udce9 'số' \"1\"\n.mp4: done",
        camera_name="bàn \udcff",
        video_id="v",
        attempt=3,
        node="máy 1",
        figures={"footage_s": 0.1 + 0.2, "events": 2, "tên \udcff": -1e300},
    )
    ledger.record([whole, one("plain")])
    kept, plain = ledger.history()
    assert replace(kept, occurrence_id=None) == whole
    assert replace(plain, occurrence_id=None) == one("plain")
    assert kept.occurrence_id is not None
    assert plain.occurrence_id is not None
    assert kept.occurrence_id < plain.occurrence_id


def test_nothing_is_recorded_of_nothing(ledger: Ledger) -> None:
    ledger.record([])
    assert ledger.history() == []


def test_the_history_goes_on_when_the_database_is_opened_again(ledger: Ledger, path: Path) -> None:
    ledger.record([one("a")])
    ledger.close()
    with Ledger.open(path) as reopened:
        reopened.record([one("b")])
        assert texts(reopened) == "a b"


def test_it_is_filtered_by_every_field(ledger: Ledger) -> None:
    ledger.record(
        [
            one("a", 0, OccurrenceKind.SCAN),
            one("b", 1, OccurrenceKind.DONE, camera_name="cam1", video_id="v1"),
            one("c", 2, OccurrenceKind.RETRY, camera_name="cam2", video_id="v2"),
            one("d", 3, OccurrenceKind.DONE, camera_name="cam2", video_id="v3"),
        ]
    )
    assert texts(ledger, HistoryFilter(kinds=(OccurrenceKind.DONE, OccurrenceKind.SCAN))) == "a b d"
    assert texts(ledger, HistoryFilter(cameras=("cam2",))) == "c d"
    assert texts(ledger, HistoryFilter(video_ids=("v1", "v3"))) == "b d"
    assert texts(ledger, HistoryFilter(video_ids=())) == ""
    assert texts(ledger, HistoryFilter(since=NOON + MINUTE, until=NOON + 3 * MINUTE)) == "b c"
    assert texts(ledger, HistoryFilter(kinds=(OccurrenceKind.DONE,), cameras=("cam2",))) == "d"
    assert texts(ledger, HistoryFilter(most=2)) == "c d", "the latest"
    assert texts(ledger, HistoryFilter(most=0)) == ""


def test_it_can_be_followed(ledger: Ledger) -> None:
    ledger.record([one("a"), one("b")])
    last = ledger.history()[-1].occurrence_id
    assert texts(ledger, HistoryFilter(after_id=last)) == ""
    ledger.record([one("c", minute=-5)])
    assert texts(ledger, HistoryFilter(after_id=last)) == "c", "in the order of recording, whatever the clock says"


def test_what_is_old_is_forgotten(ledger: Ledger) -> None:
    ledger.record([one("a", 0), one("b", 1), one("c", 2)])
    assert ledger.forget_history(NOON + MINUTE) == 1
    assert texts(ledger) == "b c"
    assert ledger.forget_history(NOON) == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.text(), st.dictionaries(st.text(), st.floats(allow_nan=False), max_size=3))
def test_any_text_and_figure_comes_back(ledger: Ledger, text: str, name: str, figures: dict[str, float]) -> None:
    occurrence = Occurrence(at=NOON, kind=OccurrenceKind.TROUBLE, text=text, camera_name=name, figures=figures)
    ledger.record([occurrence])
    assert replace(ledger.history()[-1], occurrence_id=None) == occurrence
