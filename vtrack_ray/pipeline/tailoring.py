"""Tailoring: what a person says of a camera's pictures, put into its packing profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtrack_ray.errors import ProfileError
from vtrack_ray.ledger.answers import Answers
from vtrack_ray.meaning.fields import profile_of
from vtrack_ray.meaning.profile import Profile


def tailored(answers: Answers, camera_name: str, changes: Mapping[str, Any]) -> Profile:
    """Sets some fields of the camera's profile, or of a new one, and gives it as it is then.

    What a person says of the trigger card, be it that there is none, is not looked for again; `find_trigger` has it
    looked for anew in all videos. Raises ProfileError where a field or an area can't be.
    """
    changes = dict(changes)
    if "qr_trigger_area" in changes:
        if changes.get("find_trigger"):
            raise ProfileError("find_trigger looks for the card that qr_trigger_area tells of: give one of them")
        changes["find_trigger"] = False
    if "find_trigger" in changes:
        changes["trigger_found_at"] = None
    if changes.get("find_trigger"):
        changes["qr_trigger_area"] = None
    before = answers.profile(camera_name) or Profile(camera_name=camera_name)
    profile = fitting(answers, {**before.model_dump(), **changes, "origin": "person"})
    if changes.get("find_trigger"):
        answers.forget_survey(camera_name)
    answers.save_profile(profile)
    return profile


def fitting(answers: Answers, fields: dict[str, Any]) -> Profile:
    """The profile of these fields, if they are right and its areas lie in the pictures of the camera's videos.

    Raises ProfileError.
    """
    profile = profile_of(fields)
    # The newest video counts: cameras are replaced by sharper ones.
    if size := answers.picture_size(profile.camera_name):
        profile.check_areas(*size)
    return profile
