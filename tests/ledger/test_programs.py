"""What the service is asked to do, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from tests.ledger.examples import MINUTE, NOON, found, probed
from vtrack_ray.errors import LedgerError, ProgramError
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.filters import Filters
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramRequest, ProgramState

DEFAULT = ProgramRequest(kind=ProgramKind.DEFAULT)
FIRST = ProgramRequest(kind=ProgramKind.FIRST, days=7)
CUSTOM = ProgramRequest(kind=ProgramKind.CUSTOM, custom_path="/rec/caf\udce9", camera_name="cam 1", is_forced=True)


def by_id(ledger: Ledger, program: Program) -> Program:
    [found] = [one for one in ledger.programs() if one.program_id == program.program_id]
    return found


def done(ledger: Ledger, request: ProgramRequest) -> Program:
    program = ledger.request_program(request, NOON)
    ledger.start_program(program.program_id, NOON)
    ledger.end_program(program, ProgramState.DONE, None, NOON)
    return program


def test_a_request_comes_back_as_it_was_made(ledger: Ledger) -> None:
    program = ledger.request_program(CUSTOM, NOON)
    assert ledger.programs() == [program]
    assert program == Program(
        program_id=program.program_id,
        request=CUSTOM,
        state=ProgramState.WAITING,
        reason=None,
        requested_at=NOON,
        started_at=None,
        ended_at=None,
    )


def test_first_and_default_take_each_others_place_and_leave_custom_alone(ledger: Ledger) -> None:
    default, custom = ledger.request_program(DEFAULT, NOON), ledger.request_program(CUSTOM, NOON)
    first = ledger.request_program(FIRST, NOON + MINUTE)
    assert ledger.programs(unended=True) == [custom, first]
    ended = by_id(ledger, default)
    assert (ended.state, ended.reason) == (ProgramState.STOPPED, "first was asked for")
    assert ended.ended_at == NOON + MINUTE
    again = ledger.request_program(DEFAULT, NOON)
    assert again.program_id > first.program_id
    assert ledger.programs(unended=True) == [custom, again]


def test_what_goes_on_already_is_not_begun_a_second_time(ledger: Ledger) -> None:
    for request in (DEFAULT, FIRST):
        assert ledger.request_program(request, NOON) == ledger.request_program(request, NOON + MINUTE)
    longer = ledger.request_program(ProgramRequest(kind=ProgramKind.FIRST, days=8), NOON)
    assert ledger.programs(unended=True) == [longer]


def test_custom_programs_wait_in_a_row(ledger: Ledger) -> None:
    requests = [replace(CUSTOM, camera_name=f"cam {number}") for number in range(3)]
    programs = [ledger.request_program(request, NOON) for request in requests]
    assert ledger.programs(unended=True) == programs
    assert len({program.program_id for program in programs}) == 3


def test_a_custom_program_that_waits_already_is_not_asked_for_a_second_time(ledger: Ledger) -> None:
    waiting = ledger.request_program(CUSTOM, NOON)
    assert ledger.request_program(CUSTOM, NOON + MINUTE) == waiting
    ledger.start_program(waiting.program_id, NOON + MINUTE)
    # There may be more to find by now than when the one that runs began.
    again = ledger.request_program(CUSTOM, NOON + MINUTE)
    assert again.program_id > waiting.program_id
    assert ledger.request_program(CUSTOM, NOON + MINUTE) == again


def test_first_is_done_once_and_default_follows(ledger: Ledger) -> None:
    assert not ledger.is_first_run_done()
    done(ledger, FIRST)
    assert ledger.is_first_run_done()
    [default] = ledger.programs(unended=True)
    assert default.request == DEFAULT
    with pytest.raises(ProgramError, match="First Run was done already"):
        ledger.request_program(ProgramRequest(kind=ProgramKind.FIRST, days=30), NOON)
    assert ledger.programs(unended=True) == [default], "a refused request changes nothing"


def test_a_first_that_was_stopped_may_be_asked_for_again(ledger: Ledger) -> None:
    first = ledger.request_program(FIRST, NOON)
    assert ledger.stop_programs(NOON) == [first]
    assert ledger.programs(unended=True) == [], "no Default follows on it"
    assert not ledger.is_first_run_done()
    assert ledger.request_program(FIRST, NOON).program_id > first.program_id


def test_what_has_ended_does_not_end_otherwise_nor_start_again(ledger: Ledger) -> None:
    first = ledger.request_program(FIRST, NOON)
    ledger.stop_programs(NOON)
    ledger.end_program(first, ProgramState.DONE, None, NOON)
    ledger.start_program(first.program_id, NOON)
    assert by_id(ledger, first).state is ProgramState.STOPPED
    assert ledger.programs(unended=True) == []


def test_a_program_says_when_it_was_taken_up_and_why_it_ended(ledger: Ledger) -> None:
    program = ledger.request_program(CUSTOM, NOON)
    ledger.start_program(program.program_id, NOON + MINUTE)
    ledger.start_program(program.program_id, NOON + 2 * MINUTE)
    ledger.end_program(program, ProgramState.FAILED, "there is nothing", NOON + 3 * MINUTE)
    ended = by_id(ledger, program)
    assert (ended.started_at, ended.ended_at) == (NOON + MINUTE, NOON + 3 * MINUTE)
    assert (ended.state, ended.reason) == (ProgramState.FAILED, "there is nothing")


@pytest.mark.parametrize(
    "request_",
    [
        ProgramRequest(kind=ProgramKind.FIRST),
        ProgramRequest(kind=ProgramKind.FIRST, days=366),
        ProgramRequest(kind=ProgramKind.FIRST, days=0),
        ProgramRequest(kind=ProgramKind.DEFAULT, days=3),
        ProgramRequest(kind=ProgramKind.CUSTOM),
        ProgramRequest(kind=ProgramKind.DEFAULT, custom_path="/rec"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(ledger: Ledger, request_: ProgramRequest) -> None:
    before = ledger.request_program(CUSTOM, NOON)
    with pytest.raises(LedgerError):
        ledger.request_program(request_, NOON)
    assert ledger.programs() == [before]


def test_a_programs_videos_are_its_own_until_it_ends(ledger: Ledger) -> None:
    a, b, _ = probed(ledger, "a.mp4", "b.mp4", "c.mp4")
    ledger.register([found("unprobed.mp4")], NOON)
    ids = [a.video_id, b.video_id, found("unprobed.mp4").video_id]
    custom, other = (ledger.request_program(replace(CUSTOM, camera_name=name), NOON) for name in ("cam 1", "cam 2"))
    ledger.assign_to_program(custom.program_id, ids)
    assert ledger.unfinished_of_programs() == {custom.program_id: 3}
    ledger.assign_to_program(other.program_id, [b.video_id])
    assert ledger.unfinished_of_programs() == {custom.program_id: 2, other.program_id: 1}
    ledger.end_program(custom, ProgramState.DONE, None, NOON)
    assert ledger.unfinished_of_programs() == {other.program_id: 1}
    ledger.stop_programs(NOON)
    assert ledger.unfinished_of_programs() == {}
    assert {row.program_id for row in ledger.videos()} == {None}


def test_what_is_being_sampled_is_unfinished(ledger: Ledger) -> None:
    (a,) = probed(ledger, "a.mp4")
    custom = ledger.request_program(CUSTOM, NOON)
    ledger.assign_to_program(custom.program_id, [a.video_id])
    assert ledger.claim_video(a.video_id, NOON)
    assert ledger.unfinished_of_programs() == {custom.program_id: 1}


def test_sources_are_added_once_and_removed(ledger: Ledger) -> None:
    assert ledger.add_root("/b", NOON)
    assert ledger.add_root("/a \udcff", NOON)
    assert not ledger.add_root("/b", NOON + MINUTE)
    assert ledger.roots() == ["/a \udcff", "/b"]
    assert ledger.remove_root("/b")
    assert not ledger.remove_root("/b")
    assert ledger.roots() == ["/a \udcff"]


def test_removing_a_source_keeps_what_is_known_of_its_videos(ledger: Ledger) -> None:
    ledger.add_root("/rec", NOON)
    probed(ledger, "a.mp4")
    before = ledger.videos()
    ledger.remove_root("/rec")
    assert ledger.videos() == before


def test_filters_stay_in_force_until_others_are(ledger: Ledger) -> None:
    assert ledger.filters() == Filters()
    filters = Filters(cameras=("bàn 1",), days=3, working_days=("mon", "sun"), from_time=time(22), to_time=time(6, 30))
    ledger.save_filters(Filters(days=1), NOON)
    ledger.save_filters(filters, NOON)
    assert ledger.filters() == filters


def test_a_pause_outlives_the_service_and_may_be_ordered_twice(ledger: Ledger) -> None:
    assert not ledger.is_paused()
    for is_paused in (True, True, False, False):
        ledger.order_pause(NOON, is_paused=is_paused)
        path = ledger.path
        ledger.close()
        ledger = Ledger.open(path)
        assert ledger.is_paused() is is_paused
    ledger.close()
