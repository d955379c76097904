"""`vtrack profile`: what a person sets stands, and what can't be is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Footage, MadeOnce, Vtrack, taken_over


@pytest.fixture(scope="module")
def run(made_once: MadeOnce, two_cameras: Footage) -> Vtrack:
    """What a run on one camera leaves behind; only to be read."""
    return Vtrack(made_once("one_camera", lambda home: Vtrack(home)("run", "--local", two_cameras.root / "cam1")))


@pytest.fixture
def after_a_run(vtrack: Vtrack, run: Vtrack) -> Vtrack:
    return taken_over(run, vtrack)


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
    another_vtrack("run", "--local", min(two_cameras.root.glob("cam1/*.mp4")))
    assert another_vtrack.json("profile", "list")[0]["qr_trigger_area"] is None


def test_the_earliest_video_decides_where_the_card_is(vtrack: Vtrack, run: Vtrack, two_cameras: Footage) -> None:
    first, second = sorted(two_cameras.root.glob("cam1/*.mp4"))
    vtrack("run", "--local", second)
    vtrack("run", "--local", first, second)
    assert vtrack.json("profile", "list") == run.json("profile", "list")
    assert vtrack.json("events") == run.json("events")


def test_a_changed_profile_leaves_videos_that_were_not_asked_for_alone(
    after_a_run: Vtrack, two_cameras: Footage
) -> None:
    _, second = sorted(two_cameras.root.glob("cam1/*.mp4"))
    after_a_run("profile", "set", "cam1", "--max-packing-s", "100")
    assert "1 done; 1 of them in this run" in after_a_run("run", "--local", second)
    assert [video["attempts"] for video in after_a_run.json("videos")] == [1, 2]


def test_an_area_outside_the_picture_is_refused_with_the_pictures_size(after_a_run: Vtrack) -> None:
    said = after_a_run("profile", "set", "cam1", "--packing-area", "0,0,481,270", status=1)
    assert "480x270" in said
    assert after_a_run.json("profile", "list")[0]["packing_area"] is None


def test_how_often_packings_are_searched_is_set_and_cleared(vtrack: Vtrack) -> None:
    vtrack("profile", "set", "cam1", "--search-interval-s", "1.5")
    assert vtrack.json("profile", "list")[0]["search_interval_s"] == 1.5
    vtrack("profile", "set", "cam1", "--search-interval-s", "none")
    assert vtrack.json("profile", "list")[0]["search_interval_s"] is None


def test_an_area_set_before_the_first_video_is_checked_when_it_comes(vtrack: Vtrack, two_cameras: Footage) -> None:
    vtrack("profile", "set", "cam1", "--packing-area", "0,0,1920,1080", "--qr-trigger-area", "none")
    assert "480x270" in vtrack("run", "--local", two_cameras.root / "cam1", status=1)
    assert {video["status"] for video in vtrack.json("videos")} == {"failed"}


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--packing-area", "1,2,3", "X,Y,WIDTH,HEIGHT"),
        ("--code-pattern", "[", "regular expression"),
        ("--symbologies", "QRCode,Runes", "Runes"),
        ("--min-packing-s", "0", "min_packing_s is 0.0, but must be a number more than 0"),
        ("--max-packing-s", "1", "min_packing_s"),
        ("--search-interval-s", "0.1", "search_interval_s (0.1) must not be less than sampling_interval_s (0.2)"),
        ("--search-interval-s", "often", "search_interval_s is 'often', but must be a number from 0.02 to 60"),
    ],
)
def test_a_wrong_value_is_refused(vtrack: Vtrack, option: str, value: str, word: str) -> None:
    status = 2 if word == "X,Y,WIDTH,HEIGHT" else 1
    assert word in vtrack("profile", "set", "cam1", option, value, status=status)


def test_a_card_is_looked_for_again_when_asked(after_a_run: Vtrack, two_cameras: Footage, tmp_path: Path) -> None:
    [found] = after_a_run.json("profile", "list")
    after_a_run("profile", "set", "cam1", "--qr-trigger-area", "0,0,10,10")
    after_a_run("profile", "set", "cam1", "--find-trigger")
    [cleared] = after_a_run.json("profile", "list")
    assert (cleared["qr_trigger_area"], cleared["find_trigger"], cleared["trigger_found_at"]) == (None, True, None)
    after_a_run("run", "--local", two_cameras.root / "cam1")
    assert after_a_run.json("profile", "list") == [found | {"origin": "person"}]
    after_a_run("profile", "set", "cam1", "--no-find-trigger")
    [kept] = after_a_run.json("profile", "list")
    assert (kept["qr_trigger_area"], kept["find_trigger"]) == (found["qr_trigger_area"], False)
    assert "give one of them" in after_a_run(
        "profile", "set", "cam1", "--find-trigger", "--qr-trigger-area", "none", status=2
    )
    file = tmp_path / "profiles.toml"
    file.write_text('[camera."cam1"]\n')
    after_a_run("profile", "import", file)
    after_a_run("run", "--local", two_cameras.root / "cam1")
    assert after_a_run.json("profile", "list")[0]["qr_trigger_area"] == found["qr_trigger_area"]


def test_a_camera_without_videos_may_be_set_and_is_told(after_a_run: Vtrack, tmp_path: Path) -> None:
    said = "No video of camera 'cam7' is known yet; there are videos of: cam1."
    assert said in after_a_run.both("profile", "set", "cam7", "--min-packing-s", "4")[1]
    assert after_a_run.both("profile", "set", "cam1", "--min-packing-s", "4")[1] == ""
    after_a_run("profile", "export", tmp_path / "profiles.toml")
    assert said in after_a_run.both("profile", "import", tmp_path / "profiles.toml")[1]


def test_symbologies_may_be_given_in_small_letters(vtrack: Vtrack) -> None:
    vtrack("profile", "set", "cam1", "--symbologies", "qrcode, datamatrix")
    assert vtrack.json("profile", "list")[0]["symbologies"] == ["QRCode", "DataMatrix"]


def test_a_file_that_cannot_be_written_or_read_is_told(vtrack: Vtrack, tmp_path: Path) -> None:
    vtrack("profile", "set", "cam1", "--min-packing-s", "4")
    nowhere = tmp_path / "nowhere" / "x.toml"
    said = vtrack("profile", "export", nowhere, status=1)
    assert f"Error: {nowhere} can't be written: No such file or directory; name a file in another folder" in said
    assert "Traceback" not in said
    # A process's own memory can be opened and not be read from its start, by anyone.
    said = vtrack("profile", "import", "/proc/self/mem", status=1)
    assert "Error: /proc/self/mem can't be read: Input/output error" in said
    assert "Traceback" not in said


def test_json_and_csv_are_not_printed_together(vtrack: Vtrack) -> None:
    for command in (("profile", "list"), ("events",), ("videos",)):
        assert "give one of them" in vtrack(*command, "--json", "--csv", status=2)


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
