"""What is kept of the files of events at Google Drive, and which are due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.ledger.examples import MINUTE, NOON, claimed, conclusion, event, found, probed, refolded
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.wire import answer_call, read_answer, write_call
from vtrack_ray.meaning.result import ResultFile, ResultsFolder

ZONE = "Asia/Ho_Chi_Minh"
FOLDER = ResultsFolder(folder_id="1abc", name="Đóng hàng", owner="o")
DAY = date(2026, 11, 1)
HOUR = 60


def days(ledger: Ledger, zone: str = ZONE) -> dict[str, tuple[int, bool]]:
    return {str(one.day): (one.events, one.is_whole) for one in ledger.event_days(zone)}


def test_days_are_those_of_a_zone_with_the_empty_ones_between(ledger: Ledger) -> None:
    assert ledger.event_days(ZONE) == []
    ledger.replace_events(refolded(event(0), event(5 * HOUR), event(60 * HOUR)))
    assert days(ledger) == {
        "2026-11-01": (1, True),
        "2026-11-02": (1, True),
        "2026-11-03": (0, True),
        "2026-11-04": (1, True),
    }
    assert days(ledger, "UTC") == {"2026-11-01": (2, True), "2026-11-02": (0, True), "2026-11-04": (1, True)} | {
        "2026-11-03": (0, True)
    }
    [first, *_] = ledger.event_days(ZONE)
    assert first.starts_at == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert first.ends_at - first.starts_at == timedelta(days=1)
    assert next(iter(ledger.event_days(ZONE, [date(2026, 10, 31)]))).day == date(2026, 10, 31)


def test_a_day_has_as_many_hours_as_the_zone_gives_it(ledger: Ledger) -> None:
    ledger.replace_events(refolded(event(0)))
    [one] = ledger.event_days("America/New_York")  # clocks are put back on that day
    assert (one.day, one.ends_at - one.starts_at) == (DAY, timedelta(hours=25))


def test_a_day_is_whole_when_no_video_of_it_is_left_to_be_worked_on(ledger: Ledger) -> None:
    ledger.replace_events(refolded(event(0), event(48 * HOUR)))
    claim = claimed(ledger)
    assert days(ledger)["2026-11-01"] == (1, False)
    assert days(ledger)["2026-11-03"] == (1, True)
    ledger.conclude(claim.video.video_id, claim.attempt, conclusion(), refolded(event(0), until=1))
    assert days(ledger)["2026-11-01"] == (1, True)
    ledger.register([found("unknown.mp4")], NOON)
    assert not any(is_whole for _, is_whole in days(ledger).values()), "it may be of any day"


def test_a_digest_changes_with_the_events_and_with_nothing_else(ledger: Ledger) -> None:
    def digest() -> str:
        [one] = ledger.event_days(ZONE)
        return one.digest

    ledger.replace_events(refolded(event(0), event(1)))
    before = digest()
    probed(ledger, "other.mp4")
    ledger.replace_events(refolded(event(1), event(0)))
    assert digest() == before
    for changed in (event(1, codes=["other"]), event(1, "another video"), event(2)):
        ledger.replace_events(refolded(event(0), changed))
        assert digest() != before


def test_a_file_is_reserved_once_and_recorded_as_what_was_reserved(ledger: Ledger) -> None:
    assert ledger.reserve_results({"a.csv": "1"}) == [ResultFile(result="a.csv", file_id="1")]
    assert ledger.reserve_results({"a.csv": "2", "b.csv": "3"}) == [
        ResultFile(result="a.csv", file_id="1"),
        ResultFile(result="b.csv", file_id="3"),
    ]
    ledger.record_result("a.csv", "2", "d", NOON)
    ledger.record_result("b.csv", "3", "d", NOON)
    ledger.forget_result("b.csv", "4")
    assert ledger.results() == [
        ResultFile(result="a.csv", file_id="1"),
        ResultFile(result="b.csv", file_id="3", digest="d", sent_at=NOON),
    ]


@pytest.mark.parametrize("to", [None, ResultsFolder(folder_id="1xyz", name="Another", owner="o")])
def test_files_of_a_folder_that_is_no_longer_chosen_are_forgotten(ledger: Ledger, to: ResultsFolder | None) -> None:
    assert ledger.results_folder() is None
    ledger.choose_results_folder(FOLDER, NOON)
    ledger.reserve_results({"a.csv": "1"})
    ledger.choose_results_folder(FOLDER, NOON + MINUTE)
    assert (ledger.results_folder(), len(ledger.results())) == (FOLDER, 1)
    ledger.choose_results_folder(to, NOON)
    assert (ledger.results_folder(), ledger.results()) == (to, [])
    assert ledger.results_owner() == "o"


def test_other_processes_may_ask_for_all_of_it(ledger: Ledger) -> None:
    def asked(name: str, *arguments: object) -> object:
        return read_answer(name, answer_call(ledger, write_call(name, *arguments)))

    ledger.replace_events(refolded(event(0)))
    asked("choose_results_folder", FOLDER, NOON)
    asked("reserve_results", {"a.csv": "1"})
    asked("record_result", "a.csv", "1", "d", NOON)
    assert asked("results_folder") == FOLDER
    assert asked("results_owner") == FOLDER.owner
    assert asked("results") == ledger.results() == [ResultFile(result="a.csv", file_id="1", digest="d", sent_at=NOON)]
    assert asked("event_days", ZONE, [DAY]) == ledger.event_days(ZONE)
    asked("forget_result", "a.csv", "1")
    assert ledger.results() == []
