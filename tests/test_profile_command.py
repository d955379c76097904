"""`vtrack profile`: what a person sets stands, and what can't be is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Footage, Vtrack


@pytest.fixture
def after_a_run(vtrack: Vtrack, two_cameras: Footage) -> Vtrack:
    vtrack("run", "--local", two_cameras.root / "cam1")
    return vtrack


def test_the_trigger_card_is_found_by_itself(after_a_run: Vtrack, two_cameras: Footage) -> None:
    [profile] = after_a_run.json("profile", "list")
    assert profile["origin"] == "auto"
    x, y, width, height = profile["qr_trigger_area"]
    card = two_cameras.truth.cameras[0].trigger_area
    assert card is not None
    assert x <= card.x + card.width / 2 <= x + width
    assert y <= card.y + card.height / 2 <= y + height


def test_what_a_person_sets_is_not_overwritten_and_has_videos_sampled_again(
    after_a_run: Vtrack, two_cameras: Footage
) -> None:
    after_a_run("profile", "set", "cam1", "--code-pattern", "NOTHING[0-9]{8}", "--min-packing-s", "4")
    said = after_a_run("run", "--local", two_cameras.root / "cam1")
    assert "2 of them in this run" in said
    assert "3 with 0 different tracking codes" in said
    assert "3 of 3 events of camera 'cam1' show no code" in said
    assert "the code_pattern 'NOTHING[0-9]{8}'" in said
    assert {event["status"] for event in after_a_run.json("events")} == {"no_code"}
    [profile] = after_a_run.json("profile", "list")
    assert (profile["origin"], profile["min_packing_s"], profile["code_pattern"]) == ("person", 4.0, "NOTHING[0-9]{8}")
    assert profile["qr_trigger_area"], "what was found and not set stays"


def test_the_card_is_looked_for_unless_a_person_says_where_it_is(
    vtrack: Vtrack, another_vtrack: Vtrack, two_cameras: Footage
) -> None:
    vtrack("profile", "set", "cam1", "--min-packing-s", "4")
    vtrack("run", "--local", two_cameras.root / "cam1")
    [profile] = vtrack.json("profile", "list")
    assert profile["qr_trigger_area"]
    assert (profile["origin"], profile["min_packing_s"]) == ("person", 4.0)
    another_vtrack("profile", "set", "cam1", "--qr-trigger-area", "none")
    another_vtrack("run", "--local", two_cameras.root / "cam1")
    assert another_vtrack.json("profile", "list")[0]["qr_trigger_area"] is None


def test_the_earliest_video_decides_where_the_card_is(
    vtrack: Vtrack, another_vtrack: Vtrack, two_cameras: Footage
) -> None:
    first, second = sorted(two_cameras.root.glob("cam1/*.mp4"))
    vtrack("run", "--local", first, second)
    another_vtrack("run", "--local", second)
    another_vtrack("run", "--local", first, second)
    assert another_vtrack.json("profile", "list") == vtrack.json("profile", "list")
    assert another_vtrack.json("events") == vtrack.json("events")


def test_a_changed_profile_leaves_videos_that_were_not_asked_for_alone(vtrack: Vtrack, two_cameras: Footage) -> None:
    first, second = sorted(two_cameras.root.glob("cam1/*.mp4"))
    vtrack("run", "--local", first, second)
    vtrack("profile", "set", "cam1", "--max-packing-s", "100")
    assert "1 done; 1 of them in this run" in vtrack("run", "--local", second)
    assert [video["attempts"] for video in vtrack.json("videos")] == [1, 2]


def test_an_area_outside_the_picture_is_refused_with_the_pictures_size(after_a_run: Vtrack) -> None:
    said = after_a_run("profile", "set", "cam1", "--packing-area", "0,0,641,360", status=1)
    assert "640x360" in said
    assert after_a_run.json("profile", "list")[0]["packing_area"] is None


def test_an_area_set_before_the_first_video_is_checked_when_it_comes(vtrack: Vtrack, two_cameras: Footage) -> None:
    vtrack("profile", "set", "cam1", "--packing-area", "0,0,1920,1080", "--qr-trigger-area", "none")
    assert "640x360" in vtrack("run", "--local", two_cameras.root / "cam1", status=1)
    assert {video["status"] for video in vtrack.json("videos")} == {"failed"}


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--packing-area", "1,2,3", "X,Y,WIDTH,HEIGHT"),
        ("--code-pattern", "[", "regular expression"),
        ("--symbologies", "QRCode,Runes", "Runes"),
        ("--min-packing-s", "0", "greater than 0"),
        ("--max-packing-s", "1", "min_packing_s"),
    ],
)
def test_a_wrong_value_is_refused(vtrack: Vtrack, option: str, value: str, word: str) -> None:
    status = 2 if word == "X,Y,WIDTH,HEIGHT" else 1
    assert word in vtrack("profile", "set", "cam1", option, value, status=status)


def test_profiles_go_out_and_come_back(vtrack: Vtrack, another_vtrack: Vtrack, tmp_path: Path) -> None:
    vtrack(
        "profile", "set", "a camera", "--packing-area", "1,2,3,4", "--symbologies", "Code128", "--trigger-text", "Go"
    )
    vtrack("profile", "set", "máy 2", "--max-packing-s", "300")
    vtrack("profile", "export", tmp_path / "profiles.toml")
    assert vtrack("profile", "export") == (tmp_path / "profiles.toml").read_text("utf-8")
    another_vtrack("profile", "import", tmp_path / "profiles.toml")
    assert another_vtrack.json("profile", "list") == vtrack.json("profile", "list")


def test_a_file_with_one_wrong_profile_sets_none(vtrack: Vtrack, tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text('[camera."a"]\nmin_packing_s = 4\n[camera."b"]\nmin_paking_s = 4\n')
    assert "min_paking_s" in vtrack("profile", "import", file, status=1)
    assert vtrack.json("profile", "list") == []


def test_an_unknown_camera_is_told_with_the_known_ones(vtrack: Vtrack) -> None:
    vtrack("profile", "set", "cam1", "--min-packing-s", "4")
    assert "cam1" in vtrack("profile", "show", "cam9", status=1)
    assert '"min_packing_s": 4.0' in vtrack("profile", "show", "cam1")
