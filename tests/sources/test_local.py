from __future__ import annotations

from pathlib import Path

import pytest

from vtrack_ray.errors import SourceError
from vtrack_ray.sources.local import scan


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("shop/cam1/a.mp4", "shop/cam1/2026/b.MKV", "shop/cam2/c.avi", "shop/d.mp4", "shop/cam1/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "shop/cam1/.hidden.mp4").write_bytes(b"x")
    return tmp_path / "shop"


def cameras(found: object) -> dict[str, str]:
    return {Path(file.path).name: file.camera_name for file in found.files}  # type: ignore[attr-defined]


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
