"""A clip's upload: cut where its recordings are, and sent from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from av.error import FFmpegError

from vtrack_ray.drive.patience import short_patience
from vtrack_ray.errors import ClipError, ToolMissing
from vtrack_ray.footage.clip import cut
from vtrack_ray.meaning.result import ClipFile, Put, ResultFile, clip_result
from vtrack_ray.pipeline.excerpt import Excerpt
from vtrack_ray.pipeline.place import Place
from vtrack_ray.pipeline.scratch import scratch, scratch_folder


def reserve_clips(place: Place, home: ResultFile, event_ids: Sequence[str]) -> dict[str, str]:
    """Ids for the clips of events, by event: those of clips that are in the folder `home` already, or new ones.

    The folder need not have been made yet. Raises DriveError.
    """
    from vtrack_ray.drive import folder as at_drive  # Google's libraries take a while to import
    from vtrack_ray.drive.result import told_of

    with place.opened() as drive:
        there = at_drive.known_ids(drive, place.folder, home) if told_of(drive, home) else {}
        known = {one: there[clip_result(one)] for one in event_ids if clip_result(one) in there}
        unknown = [one for one in event_ids if one not in known]
        return known | dict(zip(unknown, at_drive.new_ids(drive, len(unknown)), strict=False))


def put_clip(place: Place, home: ResultFile, clip: ClipFile, name: str, digest: str, found: Sequence[Excerpt]) -> Put:
    """Has an event's clip be there, in the folder that is its home; cut only if it has to be.

    Raises DriveError, VideoError.
    """
    from vtrack_ray.drive.folder import have_folder
    from vtrack_ray.drive.result import Wanted, put

    with place.opened() as drive, scratch(scratch_folder()) as folder:

        @contextmanager
        def content() -> Iterator[BufferedReader]:
            path = folder / "clip.mp4"
            _cut(found, path)
            with path.open("rb") as file:
                yield file

        wanted = Wanted(
            name=name,
            content_type="video/mp4",
            content=content,
            home=lambda: have_folder(drive, place.folder, home),
            shown=digest,
            named=clip.name,
        )
        return put(drive, place.folder.owner, clip.file, wanted)


def _cut(found: Sequence[Excerpt], path: Path) -> None:
    """Whatever keeps one clip from being cut holds up no other: raises VideoError alone."""
    try:
        with short_patience():
            cut([one.part() for one in found], path)
    except (ToolMissing, OSError, FFmpegError) as error:
        raise ClipError(f"The clip can't be cut: {error}") from error
