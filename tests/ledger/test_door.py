from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import threading
import time
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from tests.ledger.examples import MINUTE, NOON, claimed, event, found, log, probed, refolded
from tests.ledger.processes import running
from vtrack_ray.errors import LedgerError, LedgerHeld
from vtrack_ray.ledger import answers as answers_module
from vtrack_ray.ledger import door as door_module
from vtrack_ray.ledger.address import own_address
from vtrack_ray.ledger.answers import Owner, open_answers
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import EventFilter, EventPlace, VideoFilter, VideoPlace
from vtrack_ray.ledger.wire import answer_call, write_call
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.video import VideoStatus

OWN = """
import sys, threading
from tests.ledger.examples import NOON, found, event, refolded
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
with Ledger.open(sys.argv[1]) as ledger, Door(ledger):
    print("open", flush=True)
    for number in range(1_000_000):
        ledger.register([found(f"{number}.mp4")], NOON)
        ledger.replace_events(refolded(event(number, "a"), event(number + 0.5, "a"), after=number, until=number + 1))
"""
HOLD = """
import sys, time
from vtrack_ray.ledger.ledger import Ledger
with Ledger.open(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def runtime(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the doors of this test's databases are; not made yet."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_path))
    return short_path / "vtrack"


def test_another_process_is_answered_while_the_owner_writes(path: Path) -> None:
    with running(OWN, path) as (_, printed):
        printed.readline()
        with open_answers(path) as answers:
            for _ in range(20):
                assert len(answers.events()) % 2 == 0  # never half a write
            before = answers.counts()[VideoStatus.PENDING]
            while answers.counts()[VideoStatus.PENDING] == before:
                time.sleep(0.01)
            assert before < len(answers.videos())
            assert answers.save_profile(Profile(camera_name="bàn"))
            assert answers.profile("bàn") == Profile(camera_name="bàn")
            assert answers.profiles() == [Profile(camera_name="bàn")]


def test_a_connection_is_kept_for_the_next_question_and_made_anew_for_the_next_owner(path: Path) -> None:
    owner = Owner(path)
    for _ in range(2):
        with Ledger.open(path) as ledger, Door(ledger):
            with owner.answers() as first, owner.answers() as beside:
                assert first is not None
                assert beside not in (None, first)
                assert first.counts() == ledger.counts()
            with owner.answers() as again:
                assert again in (first, beside)
        with owner.answers() as nobody:
            assert nobody is None
    owner.close()


def test_a_connection_by_which_an_answer_did_not_come_is_not_kept(path: Path) -> None:
    owner = Owner(path)
    with Ledger.open(path) as ledger:
        door = Door(ledger)
        door.open()
        with owner.answers() as broken:
            assert broken is not None
            door.close()
            with pytest.raises(LedgerError, match="ask again"):
                broken.counts()
        with Door(ledger), owner.answers() as fresh:
            assert fresh is not None
            assert fresh is not broken
            assert fresh.counts() == ledger.counts()


def test_answers_are_the_same_by_the_door_and_from_the_file(ledger: Ledger, path: Path) -> None:
    claim = claimed(ledger, "caf\udce9.mp4")
    ledger.log_span(claim.video.video_id, claim.attempt, "d", log(claim.video.video_id))
    ledger.register([found("unprobed.mp4")], NOON)
    ledger.replace_events(refolded(event(0, "a", codes=["A\0b", "C"]), event(1.000001, "b", codes=[])))
    ledger.save_profile(Profile(camera_name="cam1"))

    def ask() -> list[object]:
        with open_answers(path) as answers:
            return [
                answers.events(),
                answers.events(EventFilter(codes=("c",), since=NOON, until=NOON + MINUTE)),
                answers.videos(),
                answers.events(EventFilter(limit=1, after=EventPlace.of(event(0)), newest_first=False)),
                answers.event_rows(EventFilter(limit=1, newest_first=True)),
                answers.event(event(0).event_id),
                answers.event("unknown"),
                answers.videos(VideoFilter(statuses=(VideoStatus.SAMPLING,))),
                answers.videos(VideoFilter(limit=1, after=VideoPlace("cam1", None, ""))),
                answers.unfinished(5),
                answers.progress(),
                answers.profiles(),
                answers.profile("cam1"),
                answers.profile("unknown"),
                answers.codes_like("a", 5),
                answers.counts(),
            ]

    with Door(ledger):
        by_door = ask()
    ledger.close()
    assert by_door == ask()


def test_several_readers_are_answered_at_once(ledger: Ledger, path: Path) -> None:
    ledger.register([found()], NOON)
    with Door(ledger), open_answers(path) as one, open_answers(path) as other:
        assert one.videos() == other.videos()
        assert other.counts() == one.counts()


def test_videos_can_be_looked_through_again_by_the_door(ledger: Ledger, path: Path) -> None:
    (file,) = probed(ledger, "a.mp4")
    ledger.mark_surveyed(file.video_id)
    with Door(ledger), open_answers(path) as answers:
        answers.forget_survey("cam2")
        assert ledger.unsurveyed("cam1") == []
        answers.forget_survey("cam1")
    assert [video.file for video in ledger.unsurveyed("cam1")] == [file]


def test_a_copy_asked_for_by_the_door_is_written_where_the_reader_is(
    ledger: Ledger, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.register([found()], NOON)
    monkeypatch.chdir(tmp_path)
    with Door(ledger), open_answers(path) as answers:
        answers.backup(Path("bản sao.duckdb"))
        with pytest.raises(LedgerError, match="no UTF-8"):
            answers.backup(Path("caf\udce9.duckdb"))
        with pytest.raises(LedgerError, match="can't be written over itself"):
            answers.backup(path)
    with Ledger.open(tmp_path / "bản sao.duckdb", read_only=True) as copy:
        assert copy.snapshot() == ledger.snapshot()


def test_a_missing_database_says_that_nothing_was_run(path: Path) -> None:
    with pytest.raises(LedgerError, match="nothing has been run yet"), open_answers(path):
        pass


def test_a_database_can_be_made_to_be_written(path: Path) -> None:
    with open_answers(path, create=True) as answers:
        assert answers.save_profile(Profile(camera_name="cam1"))
    with open_answers(path) as answers:
        assert answers.profiles() == [Profile(camera_name="cam1")]
        with pytest.raises(LedgerError, match="for reading only"):
            answers.save_profile(Profile(camera_name="cam2"))


def test_an_owner_that_does_not_answer_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers_module, "_PATIENCE_S", 0.3)
    with running(HOLD, path) as (process, printed):
        printed.readline()
        with pytest.raises(LedgerHeld, match=f"process {process.pid} "), open_answers(path):
            pass


def test_an_owner_that_opens_its_door_late_is_waited_for(ledger: Ledger, path: Path) -> None:
    door = Door(ledger)
    threading.Timer(0.3, door.open).start()
    with open_answers(path) as answers:
        assert answers.videos() == []
    door.close()


def test_a_killed_owner_leaves_nothing_in_the_way(path: Path, runtime: Path) -> None:
    with running(OWN, path) as (process, printed):
        printed.readline()
        with open_answers(path) as answers:
            answers.counts()
            process.send_signal(signal.SIGKILL)
            process.wait()
            with pytest.raises(LedgerError, match="has ended before it answered"):
                answers.counts()
    assert len(list(runtime.iterdir())) == 1
    with open_answers(path) as answers:  # from the file
        answers.counts()
    with Ledger.open(path) as ledger, Door(ledger), open_answers(path) as answers:
        assert answers.counts() == ledger.counts()
    assert list(runtime.iterdir()) == []


def test_a_door_can_be_closed_twice_and_opened_again(ledger: Ledger, path: Path) -> None:
    door = Door(ledger)
    for _ in range(2):
        door.open()
        with open_answers(path) as answers:
            assert answers.videos() == []
        door.close()
        door.close()


def test_closing_the_door_ends_idle_connections(ledger: Ledger, path: Path) -> None:
    door = Door(ledger)
    door.open()
    with open_answers(path) as answers:
        answers.counts()
        door.close()
        with pytest.raises(LedgerError, match="has ended"):
            answers.counts()


@pytest.mark.parametrize("sent", [b"", b"\0\0", b"\0\0\0\7half"])
def test_a_reader_that_stops_in_the_middle_of_a_call_does_not_keep_the_door_open(
    ledger: Ledger, runtime: Path, sent: bytes
) -> None:
    door = Door(ledger)
    door.open()
    with socket.socket(socket.AF_UNIX) as reader:
        reader.connect(str(next(runtime.iterdir())))
        reader.sendall(sent)
        time.sleep(0.1)
        assert closes(door)
        assert reader.recv(1) == b""


def test_a_reader_that_takes_no_answer_does_not_keep_the_door_open(
    ledger: Ledger, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "_FINISHING_S", 0.3)
    ledger.register([found(f"{number}.mp4") for number in range(3_000)], NOON)  # more than a socket holds
    door = Door(ledger)
    door.open()
    with Client(str(next(runtime.iterdir())), family="AF_UNIX") as reader:
        reader.send_bytes(write_call("videos"))
        assert reader.poll(10)
        assert closes(door)


def test_an_answer_under_way_is_finished(ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    counts = ledger.counts()

    def slow_counts(_: Ledger) -> dict[VideoStatus, int]:
        asked.set()
        time.sleep(0.5)
        return counts

    monkeypatch.setattr(Ledger, "counts", slow_counts)
    door = Door(ledger)
    door.open()
    answered: list[dict[VideoStatus, int]] = []
    with open_answers(path) as answers:
        reader = threading.Thread(target=lambda: answered.append(answers.counts()))
        reader.start()
        assert asked.wait(10)
        assert closes(door)
        reader.join()
    assert answered == [counts]


def test_a_socket_that_somebody_removed_is_no_reason_not_to_close(ledger: Ledger, path: Path, runtime: Path) -> None:
    door = Door(ledger)
    door.open()
    shutil.rmtree(runtime.parent)
    assert closes(door)
    door.open()
    with open_answers(path) as answers:
        assert answers.counts() == ledger.counts()
    door.close()
    door.close()


def test_whatever_goes_wrong_with_a_call_is_answered_and_logged(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Ledger) -> dict[VideoStatus, int]:
        raise ZeroDivisionError("no videos to divide by")

    monkeypatch.setattr(Ledger, "counts", broken)
    with Door(ledger), open_answers(path) as answers:
        with pytest.raises(LedgerError, match=r"could not answer.*ZeroDivisionError: no videos to divide by"):
            answers.counts()
        assert answers.videos() == []
    assert "ZeroDivisionError" in caplog.text


def test_an_answer_that_cannot_be_written_is_answered_too(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "counts", lambda _: {"unknown": object()})
    reply = json.loads(answer_call(ledger, write_call("counts")))
    assert reply["error"] == "LedgerError"


def test_a_second_owner_is_refused(ledger: Ledger, path: Path) -> None:
    with Door(ledger), pytest.raises(LedgerHeld, match="Another process answers"):
        Door(ledger).open()


def test_the_socket_is_the_users_own(ledger: Ledger, runtime: Path) -> None:
    with Door(ledger):
        (address,) = runtime.iterdir()
        assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
        assert stat.S_IMODE(address.stat().st_mode) == 0o600


def test_a_folder_that_others_may_enter_is_refused(ledger: Ledger, path: Path, runtime: Path) -> None:
    address = own_address(path)
    runtime.chmod(0o755)
    with pytest.raises(LedgerError, match="must belong to this user alone"):
        Door(ledger).open()
    with socket.socket(socket.AF_UNIX) as planted:
        planted.bind(str(address))
        with pytest.raises(LedgerError, match="must belong to this user alone"), open_answers(path):
            pass


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(ledger: Ledger, runtime: Path) -> None:
    runtime.mkdir(parents=True, mode=0o700)
    os.chown(runtime, 12345, 12345)
    with pytest.raises(LedgerError, match="must belong to this user alone"):
        Door(ledger).open()


def test_a_path_too_long_for_a_socket_is_refused(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("x" * 100)))
    with pytest.raises(LedgerError, match=r"too long for a socket.*XDG_RUNTIME_DIR"):
        Door(ledger).open()


@pytest.mark.parametrize(
    "message",
    [
        b"not JSON",
        b"[]",
        b'{"call": "close", "arguments": {}}',
        b'{"call": "remake_events", "arguments": {"events": []}}',
        b'{"call": "counts", "arguments": {"unknown": 1}}',
        b'{"call": "events", "arguments": {"event_filter": {"codes": 7}}}',
        b'{"call": "profile", "arguments": 1}',
    ],
)
def test_a_call_that_is_not_understood_is_answered_with_a_reason(ledger: Ledger, message: bytes) -> None:
    reply = json.loads(answer_call(ledger, message))
    assert reply["error"] == "LedgerError"
    assert "does not understand this call" in reply["message"]


def test_nonsense_ends_the_connection_and_nothing_else(ledger: Ledger, path: Path, runtime: Path) -> None:
    with Door(ledger), open_answers(path) as answers:
        (address,) = runtime.iterdir()
        with Client(str(address), family="AF_UNIX") as rude:
            os.write(rude.fileno(), b"\x7f\xff\xff\xff")  # announces a message of 2 GB
            with pytest.raises((EOFError, ConnectionResetError)):
                rude.recv_bytes()
        assert answers.counts() == ledger.counts()


def closes(door: Door) -> bool:
    """Closes the door and says whether that came to an end."""
    closing = threading.Thread(target=door.close, daemon=True)
    closing.start()
    closing.join(5)
    return not closing.is_alive()
