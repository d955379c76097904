"""Packing profiles."""

from __future__ import annotations

from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile


def test_a_copy_with_other_values_has_a_digest_and_a_pattern_of_its_own() -> None:
    profile = Profile(camera_name="table-1")
    digest = profile.digest
    assert profile.is_tracking_code("SPXVN0123456789")
    moved = profile.model_copy(update={"qr_trigger_area": Area(0, 0, 10, 10), "code_pattern": "[0-9]+"})
    assert moved.digest != digest
    assert not moved.is_tracking_code("SPXVN0123456789")
    assert profile.digest == digest


def test_what_was_sampled_before_a_profile_had_a_search_interval_counts_as_sampled_without_one() -> None:
    profile = Profile(camera_name="table-1")
    assert profile.digest == "a14df3efcebfe330"
    assert profile.model_copy(update={"search_interval_s": 1.5}).digest != profile.digest
