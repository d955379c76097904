"""What is kept of the clips at Google Drive, and which are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.ledger.examples import MINUTE, NOON, event, refolded
from vtrack_ray.errors import LedgerError
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import EventRow
from vtrack_ray.ledger.wire import answer_call, read_answer, write_call
from vtrack_ray.meaning.event import Event, EventStatus
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.result import ClipCounts, ClipFile, EventDay, ResultsFolder

ZONE = "Asia/Ho_Chi_Minh"
HOUR = 60
FOLDER = ResultsFolder(folder_id="1abc", name="Đóng hàng", owner="o", clips=True)


def days(ledger: Ledger) -> list[EventDay]:
    return ledger.event_days(ZONE)


def due(ledger: Ledger, limit: int = 10) -> list[str]:
    return [one.event.event_id for one in ledger.clips_due(days(ledger), NOON, limit)]


def row(ledger: Ledger, one: Event) -> EventRow:
    return next(found for found in ledger.event_rows() if found.event_id == one.event_id)


def sent(ledger: Ledger, one: Event, file_id: str = "1") -> None:
    [wanted] = [found for found in ledger.clips_due(days(ledger), NOON, 10) if found.event.event_id == one.event_id]
    ledger.reserve_clips({one.event_id: file_id})
    ledger.record_clip(row(ledger, one), file_id, wanted.digest, "a.mp4", NOON)


def test_clips_of_the_days_asked_for_are_due_the_latest_first(ledger: Ledger) -> None:
    events = [event(0), event(1), event(12 * HOUR)]
    ledger.replace_events(refolded(*events))
    first, second = days(ledger)
    assert due(ledger) == [one.event_id for one in reversed(events)]
    assert due(ledger, 2) == [events[2].event_id, events[1].event_id]
    [one, _] = ledger.clips_due([first], NOON, 10)
    assert (one.event, one.day, one.clip) == (row(ledger, events[1]), first.day, None)
    [one] = ledger.clips_due([second], NOON, 10)
    assert (one.event, one.day) == (row(ledger, events[2]), second.day)
    assert ledger.clips_due([], NOON, 10) == []


def test_a_clip_is_due_again_when_what_it_shows_changes(ledger: Ledger) -> None:
    first = event(0, "v")
    ledger.replace_events(refolded(first))
    sent(ledger, first)
    assert due(ledger) == []
    ledger.replace_events(refolded(replace(first, status=EventStatus.OVERLONG)))
    assert due(ledger) == [], "it shows the same"
    for changed in (
        replace(first, ended_at=first.ended_at + timedelta(milliseconds=40)),
        event(0, "v", "w"),
        event(0, "v", codes=("OTHER0001",)),
        event(0, "v", codes=()),
    ):
        ledger.replace_events(refolded(changed))
        [one] = ledger.clips_due(days(ledger), NOON, 10)
        assert one.clip is not None
        assert one.clip == ClipFile(
            event_id=first.event_id, file_id="1", name="a.mp4", digest=one.clip.digest, sent_at=NOON
        )
    ledger.replace_events(refolded(first))
    assert due(ledger) == []


def test_what_could_not_be_sent_is_due_after_a_while(ledger: Ledger) -> None:
    ledger.replace_events(refolded(event(0), event(1)))
    first, second = event(0).event_id, event(1).event_id
    ledger.reserve_clips({first: "1", second: "2"})
    ledger.record_clip_failures({second: "gone"}, NOON)
    assert ledger.clip_counts() == ClipCounts(sent=0, last_sent_at=None, failed=1)
    assert due(ledger) == [first]
    later = ledger.clips_due(days(ledger), NOON + MINUTE, 10)
    assert [one.clip and one.clip.reason for one in later] == ["gone", None]
    sent_at = NOON + MINUTE
    ledger.record_clip(row(ledger, event(1)), "2", later[0].digest, "b.mp4", sent_at)
    assert ledger.clip_counts() == ClipCounts(sent=1, last_sent_at=sent_at, failed=0)


def test_an_id_once_kept_stays(ledger: Ledger) -> None:
    assert ledger.reserve_clips({"e": "1"}) == [ClipFile(event_id="e", file_id="1")]
    assert ledger.reserve_clips({"e": "2", "f": "3"}) == [
        ClipFile(event_id="e", file_id="1"),
        ClipFile(event_id="f", file_id="3"),
    ]
    ledger.forget_clip("e", "2")
    assert ledger.reserve_clips({"e": "4"}) == [ClipFile(event_id="e", file_id="1")]
    ledger.forget_clip("e", "1")
    assert ledger.reserve_clips({"e": "4"}) == [ClipFile(event_id="e", file_id="4")]


def test_the_clip_of_an_event_that_is_no_more_goes_to_the_one_that_shows_most_of_it(ledger: Ledger) -> None:
    former, other = event(1), event(10)
    ledger.replace_events(refolded(former, other))
    sent(ledger, former, "1")
    sent(ledger, other, "2")
    heir, near, far = event(1 - 4 / 60), event(1 + 15 / 60), event(2)
    ledger.replace_events(refolded(heir, near, far, other))
    assert ledger.inherit_clips(days(ledger)) == 1
    assert ledger.inherit_clips(days(ledger)) == 0
    found = {one.event.event_id: one.clip and one.clip.file_id for one in ledger.clips_due(days(ledger), NOON, 10)}
    assert found == {heir.event_id: "1", near.event_id: None, far.event_id: None}


@pytest.mark.parametrize("to", ["another camera", "another day", "an event that has one"])
def test_no_clip_goes_to_an_event_of(ledger: Ledger, to: str) -> None:
    former = event(5 * HOUR)  # midnight in Vietnam
    ledger.replace_events(refolded(former))
    sent(ledger, former)
    ledger.replace_events(refolded())
    match to:
        case "another camera":
            ledger.replace_events(refolded(event(5 * HOUR + 0.1, camera_name="cam2"), camera_name="cam2"))
        case "another day":
            ledger.replace_events(refolded(event(5 * HOUR - 0.1)))
        case "an event that has one":
            ledger.replace_events(refolded(event(5 * HOUR + 0.1)))
            ledger.reserve_clips({event(5 * HOUR + 0.1).event_id: "2"})
    assert ledger.inherit_clips(days(ledger)) == 0


@pytest.mark.parametrize("to", [None, ResultsFolder(folder_id="1xyz", name="Another", owner="o")])
def test_clips_in_a_folder_that_is_no_longer_chosen_are_forgotten(ledger: Ledger, to: ResultsFolder | None) -> None:
    ledger.choose_results_folder(FOLDER, NOON)
    assert ledger.results_folder() == FOLDER
    ledger.reserve_clips({"e": "1"})
    ledger.choose_results_folder(replace(FOLDER, clips=False), NOON)
    assert ledger.reserve_clips({"e": "2"})[0].file_id == "1"
    ledger.choose_results_folder(to, NOON)
    assert ledger.reserve_clips({"e": "2"})[0].file_id == "2"


def test_of_an_event_there_is_one_clip(ledger: Ledger) -> None:
    ledger.reserve_clips({"e": "1", "f": "2"})
    with pytest.raises(LedgerError), ledger._changing() as transaction:
        transaction.run("inherit_clips", clips='[{"former": "e", "heir": "f"}]')


def test_other_processes_may_ask_for_all_of_it(ledger: Ledger) -> None:
    def asked(name: str, *arguments: object) -> object:
        return read_answer(name, answer_call(ledger, write_call(name, *arguments)))

    ledger.replace_events(refolded(event(0)))
    event_id = event(0).event_id
    assert asked("inherit_clips", days(ledger)) == 0
    assert asked("reserve_clips", {event_id: "1"}) == [ClipFile(event_id=event_id, file_id="1")]
    assert asked("clips_due", days(ledger), NOON, 10) == ledger.clips_due(days(ledger), NOON, 10)
    asked("record_clip_failures", {event_id: "gone"}, NOON)
    asked("record_clip", row(ledger, event(0)), "1", "d", "a.mp4", NOON)
    assert asked("clip_counts") == ClipCounts(sent=1, last_sent_at=NOON, failed=0)
    asked("forget_clip", event_id, "1")
    assert ledger.clip_counts().sent == 0
    told = Occurrence(at=NOON, kind=OccurrenceKind.TROUBLE, text="gone")
    asked("record", [told])
    assert [replace(one, occurrence_id=None) for one in ledger.history()] == [told]
