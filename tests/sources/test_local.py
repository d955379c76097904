from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vtrack_ray.errors import SourceError
from vtrack_ray.sources.local import Scan, require_videos, scan, vanished


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("shop/cam1/a.mp4", "shop/cam1/2026/b.MKV", "shop/cam2/c.avi", "shop/d.mp4", "shop/cam1/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "shop/cam1/.hidden.mp4").write_bytes(b"x")
    return tmp_path / "shop"


def cameras(found: Scan) -> dict[str, str]:
    return {Path(file.path).name: file.camera_name for file in found.files}


def paths(found: Scan, root: Path) -> list[str]:
    return [str(Path(file.path).relative_to(root)) for file in found.files]


def test_the_camera_is_the_first_folder_below_the_root(root: Path) -> None:
    assert cameras(scan([root])) == {"a.mp4": "cam1", "b.MKV": "cam1", "c.avi": "cam2", "d.mp4": "shop"}


def test_a_folder_and_a_folder_inside_it_find_a_file_once(root: Path) -> None:
    whole = {f.video_id for f in scan([root]).files}
    assert {f.video_id for f in scan([root / "cam1"], known_sources=[str(root)]).files} <= whole
    assert {f.video_id for f in scan([root, root / "cam1", root / "cam1/a.mp4"]).files} == whole
    inner = scan([root / "cam1"])
    again = scan([root], known_sources=[str(root / "cam1")])
    assert {f.video_id for f in inner.files} <= {f.video_id for f in again.files}


def test_a_named_file_is_taken_whatever_its_name(root: Path) -> None:
    [file] = scan([root / "cam1/notes.txt"]).files
    assert (file.camera_name, file.size_bytes) == ("cam1", 1)


def test_the_request_may_name_the_camera(root: Path) -> None:
    assert set(cameras(scan([root], camera_name="table 7")).values()) == {"table 7"}


def test_a_changed_file_is_another_video(root: Path) -> None:
    before = scan([root / "d.mp4"]).files[0].video_id
    (root / "d.mp4").write_bytes(b"more")
    assert scan([root / "d.mp4"]).files[0].video_id != before


def test_a_path_that_does_not_exist_is_refused(root: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        scan([root / "nowhere"])


def test_a_link_that_leads_nowhere_is_told(root: Path) -> None:
    (root / "cam1/gone.mp4").symlink_to(root / "nowhere.mp4")
    [problem] = scan([root / "cam1"]).problems
    assert problem.path.endswith("gone.mp4")


def test_folders_are_searched_for_recorders_own_files_too(root: Path) -> None:
    (root / "cam1/08.00.00-08.30.00[M][0@0][0].dav").write_bytes(b"x")
    assert "08.00.00-08.30.00[M][0@0][0].dav" in cameras(scan([root]))


def test_files_come_in_the_order_of_the_folders_paths(root: Path) -> None:
    assert paths(scan([root]), root) == ["d.mp4", "cam1/a.mp4", "cam1/2026/b.MKV", "cam2/c.avi"]


def test_hidden_files_and_folders_are_left_out(root: Path) -> None:
    (root / ".trash").mkdir()
    (root / ".trash/e.mp4").write_bytes(b"x")
    assert {".hidden.mp4", "e.mp4"}.isdisjoint(cameras(scan([root])))
    assert cameras(scan([root / ".trash"])) == {"e.mp4": ".trash"}  # named itself


def test_a_file_in_several_sources_belongs_to_the_innermost_known_one(root: Path) -> None:
    sources = [str(root.parent), str(root / "cam1"), str(root), str(root / "cam")]
    found = scan([root], known_sources=sources)
    assert {file.source for file in found.files} == {str(root), str(root / "cam1")}
    assert cameras(found) == {"a.mp4": "cam1", "b.MKV": "2026", "c.avi": "cam2", "d.mp4": "shop"}


def test_a_link_inside_the_source_finds_its_file_once_at_its_own_path(root: Path) -> None:
    before = scan([root])
    (root / "cam2/same.mp4").symlink_to(root / "cam1/a.mp4")
    (root / "cam3").symlink_to(root / "cam1")
    again = scan([root])
    assert set(again.files) == set(before.files)
    assert again.problems == ()


def test_a_link_to_what_a_scan_passes_by_is_followed(root: Path) -> None:
    (root / "cam2/notes.mp4").symlink_to(root / "cam1/notes.txt")
    assert cameras(scan([root]))["notes.txt"] == "cam1"
    (root / "cam2/more").symlink_to(root / "cam1")
    found = scan([root / "cam2"], known_sources=[str(root)])
    assert paths(found, root) == ["cam2/c.avi", "cam1/a.mp4", "cam1/2026/b.MKV", "cam1/notes.txt"]


def test_links_that_go_round_in_a_circle_end(root: Path) -> None:
    before = scan([root])
    (root / "cam1/up").symlink_to(root)
    (root / "cam1/2026/here").symlink_to(".")
    (root / "cam2/itself.mp4").symlink_to("itself.mp4")
    found = scan([root])
    assert found.files == before.files
    [problem] = found.problems
    assert problem.path.endswith("itself.mp4")


def test_a_link_that_leads_out_of_the_source_is_told_and_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "shop2").mkdir()
    (tmp_path / "shop2/secret.mp4").write_bytes(b"x")
    (root / "cam1/out.mp4").symlink_to(tmp_path / "shop2/secret.mp4")
    (root / "out").symlink_to(tmp_path / "shop2")
    found = scan([root])
    assert "secret.mp4" not in cameras(found)
    assert {Path(problem.path).name for problem in found.problems} == {"out", "out.mp4"}
    assert all("outside the source" in problem.reason for problem in found.problems)


def test_a_run_over_nothing_but_links_says_where_they_lead(root: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links/out").symlink_to(root)
    with pytest.raises(SourceError, match="outside the source"):
        require_videos([tmp_path / "links"])


def test_a_link_from_one_source_into_another_is_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/e.mp4").write_bytes(b"x")
    (root / "other").symlink_to(tmp_path / "other")
    for found in (scan([root], known_sources=[str(tmp_path / "other")]), scan([root, tmp_path / "other"])):
        assert [file.source for file in found.files if file.path.endswith("e.mp4")] == [str(tmp_path / "other")]
        assert found.problems == ()


def test_a_link_to_what_is_hidden_is_told(root: Path) -> None:
    (root / "cam2/shown.mp4").symlink_to(root / "cam1/.hidden.mp4")
    [problem] = scan([root]).problems
    assert "hidden" in problem.reason


def test_a_pipe_is_told_and_not_opened(root: Path) -> None:
    os.mkfifo(root / "cam1/pipe.mp4")
    found = scan([root])
    assert "pipe.mp4" not in cameras(found)
    [problem] = found.problems
    assert "no regular file" in problem.reason


def test_a_file_of_a_time_that_no_database_holds_is_told_and_left_out(root: Path) -> None:
    of_2300_ns = 10_413_792_000 * 10**9
    late = root / "cam1/late.mp4"
    late.touch()
    os.utime(late, ns=(of_2300_ns, of_2300_ns))
    if late.stat().st_mtime_ns != of_2300_ns:
        pytest.skip("this file system knows no year 2300")  # so no file on it can have such a time
    found = scan([root])
    assert "late.mp4" not in cameras(found)
    [problem] = found.problems
    assert "its modification time" in problem.reason


def test_names_in_any_script_and_of_any_bytes_come_back_as_they_are(root: Path) -> None:
    shown = {name: name for name in ("bàn số 1", "包装台", "🎥 عربي")} | {"caf\udce9": "caf\\xe9"}
    for name in shown:
        (root / name).mkdir()
        (root / name / f"{name}\n.MP4").write_bytes(b"x")
    found = {file.path: file.camera_name for file in scan([root]).files}
    assert {name: found[f"{root}/{name}/{name}\n.MP4"] for name in shown} == shown


def test_cameras_and_files_come_and_go_between_scans(root: Path) -> None:
    first = scan([root])
    (root / "cam2/c.avi").unlink()
    (root / "cam2").rmdir()
    (root / "cam3").mkdir()
    late = root / "cam3/late.mp4"
    late.write_bytes(b"x")
    os.utime(late, (0, 0))  # it appears late, with an old date
    second = scan([root])
    assert {file.path for file in first.files} - {file.path for file in second.files} == {str(root / "cam2/c.avi")}
    assert {file.path for file in second.files} - {file.path for file in first.files} == {str(late)}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_told(root: Path) -> None:
    (root / "cam1").chmod(0)
    try:
        found = scan([root])
    finally:
        (root / "cam1").chmod(stat.S_IRWXU)
    assert [problem.path for problem in found.problems] == [str(root / "cam1")]
    assert "c.avi" in cameras(found)


def test_only_what_is_surely_gone_has_vanished(root: Path) -> None:
    (root / "cam1/dangling.mp4").symlink_to(root / "nowhere.mp4")
    there = [str(root / "d.mp4"), str(root / "cam1/dangling.mp4"), f"{root}/{'x' * 300}.mp4"]
    gone = [str(root / "cam9/a.mp4"), str(root / "d.mp4/below a file")]
    assert vanished([*there, *gone]) == gone
