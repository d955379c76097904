"""Nothing found: what a person who asked for events or videos may have meant, in sentences for standard error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from vtrack_ray.cli.records import printable
from vtrack_ray.ledger.answers import Answers

_MOST_CODES = 5


def unknown_cameras(answers: Answers, cameras: Iterable[str]) -> Iterator[str]:
    """Names those of `cameras` of which there is neither a video nor a profile, with the known ones."""
    known = _with_videos(answers) | {profile.camera_name for profile in answers.profiles()}
    for camera in cameras:
        if camera not in known:
            yield f"There is no camera {camera!r}; known are: {_listed(known)}."


def cameras_without_videos(answers: Answers, cameras: Iterable[str]) -> Iterator[str]:
    """Names those of `cameras` of which there is no video yet, with those of which there is."""
    known = _with_videos(answers)
    for camera in cameras:
        if camera not in known:
            yield f"No video of camera {camera!r} is known yet; there are videos of: {_listed(known)}."


def similar_codes(answers: Answers, codes: Iterable[str]) -> Iterator[str]:
    """Says of each of `codes`, none of which was found, which stored ones it is a part of."""
    for code in codes:
        similar = answers.codes_like(code, _MOST_CODES)
        if any(code.lower() == stored.lower() for stored in similar):
            yield f"The code {code!r} is known, but from no event that the other options choose."
        elif similar:
            yield f"No event shows the code {code!r}; a code is given whole. It is a part of: {', '.join(similar)}."
        else:
            yield f"No event shows the code {code!r}, nor one that it is a part of; a code is given whole."


def _with_videos(answers: Answers) -> set[str]:
    return {row.camera_name for row in answers.videos()}


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none yet"


def tell(hints: Iterable[str]) -> None:
    """Prints sentences to standard error: what is printed as JSON or CSV stays that alone."""
    for hint in hints:
        click.echo(printable(hint), err=True)
