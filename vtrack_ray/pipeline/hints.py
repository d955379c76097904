"""Hints: what a person might look into after a run in which nothing went wrong, in sentences."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

from vtrack_ray.ledger.values import CameraFindings, VideoRow
from vtrack_ray.meaning.profile import SYMBOLOGIES, Profile
from vtrack_ray.meaning.video import StartBasis

_MOST = 0.5
"""Parcels without a label are the exception; where most events show no code, it is not the parcels."""


def hints(rows: Iterable[VideoRow], found: Iterable[CameraFindings], profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Of start times that were only assumed, and of cameras whose labels can't be read."""
    assumed = sum(row.start_basis is StartBasis.MODIFIED for row in rows)
    if assumed:
        times = "start time of 1 video is" if assumed == 1 else f"start times of {assumed} videos are"
        yield (
            f"The {times} only assumed, from when the file was last modified (start_basis modified), "
            "as neither the file nor its name tells. If they are wrong, so are the times of events: name the files "
            "after their start, such as 20261101_080000.mp4, and run again."
        )
    for camera in found:
        if camera.without_code > camera.events * _MOST and camera.camera_name in profiles:
            yield _without_code(camera, profiles[camera.camera_name])


def _without_code(camera: CameraFindings, profile: Profile) -> str:
    area = "the whole picture" if profile.packing_area is None else f"packing_area {list(profile.packing_area)}"
    others = ", ".join(name for name in SYMBOLOGIES if name not in profile.symbologies)
    return (
        f"{camera.without_code} of {camera.events} events of camera {camera.camera_name!r} show no code. Codes count "
        f"that lie in {area}, are of the symbologies {', '.join(profile.symbologies)} (others are {others}) and whose "
        f"whole text matches the code_pattern {profile.code_pattern!r}. If its labels are different, set that with: "
        f"vtrack profile set {shlex.quote(camera.camera_name)} --symbologies A,B --packing-area X,Y,W,H "
        "--code-pattern PATTERN, and run again."
    )
