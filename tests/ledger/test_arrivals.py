from __future__ import annotations

from dataclasses import replace

from tests.ledger.examples import DIGEST, NOON, claimed, conclusion, event, found, header, log, probed, refolded
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import VideoFilter
from vtrack_ray.meaning.video import Video

NS = 1_793_534_400_123_456_789


def test_ids_of_no_video_are_unknown(ledger: Ledger) -> None:
    (file,) = probed(ledger, "a.mp4")
    assert ledger.unknown(["x", file.video_id, "b", "a"]) == ["x", "b", "a"]
    assert ledger.unknown([]) == []


def test_a_file_looks_like_a_video_of_the_same_camera_size_and_nanosecond(ledger: Ledger) -> None:
    old = found("caf\udce9 \n số 1.mp4", modified_ns=NS)
    ledger.register([old, found("b.mp4", modified_ns=NS + 1), found("a.mp4", "cam2", NS)], NOON)
    renamed = found("renamed.mp4", modified_ns=NS)
    assert ledger.lookalikes([renamed]) == [old.path]
    assert ledger.lookalikes([replace(renamed, size_bytes=8)]) == []
    assert ledger.lookalikes([]) == []


def test_known_files_look_like_no_other(ledger: Ledger) -> None:
    twins = [found("a.mp4"), found("b.mp4")]
    ledger.register(twins, NOON)
    assert ledger.lookalikes(twins) == []
    changed = found("a.mp4", modified_ns=2)
    assert ledger.lookalikes([changed]) == []


def test_a_moved_file_takes_the_place_of_the_old_video_with_its_events(ledger: Ledger) -> None:
    claim = claimed(ledger)
    old = claim.video.file
    ledger.log_span(old.video_id, claim.attempt, DIGEST, log(old.video_id))
    ledger.conclude(old.video_id, claim.attempt, conclusion(), refolded(event(0.1, old.video_id)))
    renamed = replace(old, path="/rec/cam1/2026/a.mp4")

    registered = ledger.register([renamed, found("b.mp4", modified_ns=2)], NOON, vanished=ledger.lookalikes([renamed]))

    assert registered.changed == (renamed.video_id,)
    assert registered.new == (found("b.mp4", modified_ns=2).video_id,)
    assert registered.removed == (Video(file=old, header=header(0)),)
    assert {row.path for row in ledger.videos()} == {renamed.path, "/rec/cam1/b.mp4"}
    assert ledger.events() == []
    assert ledger.logs([old.video_id]) == {old.video_id: []}


def test_a_copy_leaves_the_other_video_as_it_is(ledger: Ledger) -> None:
    claim = claimed(ledger)
    before = ledger.videos()
    copy = replace(claim.video.file, path="/rec/cam1/copy.mp4")
    assert ledger.register([copy], NOON).new == (copy.video_id,)
    assert ledger.videos(VideoFilter(video_ids=(claim.video.video_id,))) == before


def test_a_video_whose_file_is_gone_stays_unless_its_file_was_moved(ledger: Ledger) -> None:
    claim = claimed(ledger)
    gone = claim.video.file
    ledger.conclude(gone.video_id, claim.attempt, conclusion(), refolded(event(0.1, gone.video_id)))
    stranger = found("b.mp4", modified_ns=2)
    registered = ledger.register([stranger], NOON, vanished=[gone.path])
    assert (registered.new, registered.removed) == ((stranger.video_id,), ())
    assert len(ledger.events()) == 1
    assert ledger.register([], NOON, vanished=[gone.path]).removed == ()


def test_a_file_that_is_back_at_its_path_is_kept(ledger: Ledger) -> None:
    (old,) = probed(ledger, "a.mp4")
    copy = replace(old, path="/rec/cam1/copy.mp4")
    registered = ledger.register([old, copy], NOON, vanished=[old.path])
    assert (registered.known, registered.removed) == ((old.video_id,), ())
    assert ledger.video(old.video_id)


def test_files_that_changed_places_are_told_apart(ledger: Ledger) -> None:
    a, b = found("a.mp4", modified_ns=1), found("b.mp4", modified_ns=2)
    ledger.register([a, b], NOON)
    swapped = [found("a.mp4", modified_ns=2), found("b.mp4", modified_ns=1)]
    registered = ledger.register(swapped, NOON)
    assert registered.changed == tuple(file.video_id for file in swapped)
    assert [row.file for row in ledger.videos()] == swapped


def test_a_renamed_file_s_new_name_may_have_been_another_s(ledger: Ledger) -> None:
    a, b = found("a.mp4", modified_ns=1), found("b.mp4", modified_ns=2)
    ledger.register([a, b], NOON)
    moved = [found("b.mp4", modified_ns=1), found("c.mp4", modified_ns=2)]  # b became c, then a became b
    assert ledger.lookalikes(moved) == [a.path, b.path]
    ledger.register(moved, NOON, vanished=[a.path])
    assert [row.file for row in ledger.videos()] == moved
