"""A profile's fields as a person gives them, and the sentences on what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from vtrack_ray.errors import ProfileError
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.fields import NAMES, allowed, profile_of


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"packing_area": [1, 2, 3]}, "packing_area is [1, 2, 3], but must be [x, y, width, height] in whole pixels."),
        ({"packing_area": [1, 2, "a", 4.5]}, "packing_area is [1, 2, 'a', 4.5], but must be [x, y, width, height]"),
        ({"packing_area": [-1, 2, 3, 4]}, "packing_area: [-1, 2, 3, 4] is no area: "),
        ({"symbologies": []}, "symbologies is [], but must be a list of one or more of QRCode, "),
        ({"symbologies": [5]}, "symbologies is [5], but must be a list of one or more of QRCode, "),
        ({"symbologies": ["Runes"]}, "symbologies: 'Runes' is not one of QRCode, "),
        ({"min_packing_s": 0}, "min_packing_s is 0, but must be a number more than 0, and at most 3600."),
        ({"sampling_interval_s": "often"}, "sampling_interval_s is 'often', but must be a number from 0.02 to 10."),
        ({"search_interval_s": 0}, "search_interval_s is 0, but must be a number from 0.02 to 60, or none."),
        ({"search_interval_s": 0.1}, "search_interval_s (0.1) must not be less than sampling_interval_s (0.2)."),
        ({"max_packing_s": 1}, "max_packing_s (1.0) must be more than min_packing_s (5.0)."),
        ({"trigger_text": ""}, "trigger_text is '', but must be a text that is not empty."),
        ({"find_trigger": "perhaps"}, "find_trigger is 'perhaps', but must be true or false."),
        ({"trigger_found_at": "then"}, "trigger_found_at is 'then', but must be an instant with its time zone, "),
        ({"code_pattern": "["}, "code_pattern: '[' is no regular expression: unterminated character set"),
        ({"min_paking_s": 4}, "min_paking_s is no field of a profile: did you mean min_packing_s?"),
        ({"colour": 4}, "colour is no field of a profile: it has packing_area, "),
    ],
)
def test_a_fault_is_told_in_a_sentence_that_names_the_field(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ProfileError) as refused:
        profile_of({"camera_name": "cam 1"} | fields)
    said = str(refused.value)
    assert said.startswith(f"The profile of camera 'cam 1' was not set: {sentence}"), said
    assert "\n" not in said, "each fault is told once"
    for residue in ("Value error", "Input should", "not permitted", ": :", "validation"):
        assert residue not in said


def test_every_fault_is_told() -> None:
    with pytest.raises(ProfileError, match=r"min_packing_s is 0.*\n.*colour is no field"):
        profile_of({"camera_name": "cam1", "min_packing_s": 0, "colour": 1})


def test_what_a_field_takes_is_known_of_every_field() -> None:
    assert all(allowed(name) for name in NAMES)


def test_symbologies_are_taken_however_they_are_spelt() -> None:
    profile = profile_of(
        {"camera_name": "c", "symbologies": ["qrcode", " CODE 128", "Data_Matrix", "ean-13", "QRCode"]}
    )
    assert profile.symbologies == ("QRCode", "Code128", "DataMatrix", "EAN13")
    assert profile.digest == profile_of({"camera_name": "c", "symbologies": profile.symbologies}).digest


def test_an_area_is_one() -> None:
    assert profile_of({"camera_name": "c", "packing_area": [1, 2, 3, 4]}).packing_area == Area(1, 2, 3, 4)
