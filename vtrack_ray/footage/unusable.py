"""Why a file can't be used as a video: one sentence for each reason, the same for everyone who opens files."""

from __future__ import annotations

import stat
from pathlib import Path

from vtrack_ray.errors import NotAVideo, VideoError, VideoForbidden, VideoUnreachable, VideoVanished
from vtrack_ray.footage.origin import is_address, open_bytes, size_of

_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")
"""Types of the first box in an MP4 or MOV file (ISO/IEC 14496-12, QuickTime File Format)."""


def check_readable(path: str) -> None:
    """Raises VideoUnreachable, VideoForbidden or NotAVideo unless `path` is a readable file with something in it."""
    if is_address(path):
        if size_of(path) == 0:
            raise NotAVideo(f"{path} is empty; copy it there again, or delete it")
        return
    try:
        entry = Path(path).stat()
        if not stat.S_ISREG(entry.st_mode):
            raise NotAVideo(f"{path} is not a file; give the path of a video file")
        if entry.st_size == 0:
            raise NotAVideo(f"{path} is empty; copy it again from the recorder, or delete it")
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise from_os_error(path, error) from error


def from_os_error(path: str, error: OSError) -> VideoError:
    """The error that says what the operating system's refusal means for the video."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return VideoVanished(f"{path} is gone; if it was moved or renamed, scan its folder again")
    if isinstance(error, PermissionError):
        return VideoForbidden(f"{path} may not be read by this user; give it read access to the file and its folders")
    return VideoUnreachable(f"{path} can't be reached: {error.strerror or error}; check its disk, or the network to it")


def not_decodable(path: str, said: str) -> NotAVideo:
    """The error for a readable file that FFmpeg refuses; `said` is what FFmpeg wrote about it."""
    reason = said.strip().rpartition("\n")[2].removeprefix(f"file:{path}: ") or "no reason given"
    if _starts_like_mp4(path):
        return NotAVideo(
            f"{path} was cut off before its index was written, or its index is damaged ({reason}); "
            "copy it again from the recorder, or have it repaired with a whole file of the same camera as a model"
        )
    return NotAVideo(f"{path} is not a video that FFmpeg can read ({reason}); play it to check, or leave it out")


def no_pictures(path: str) -> NotAVideo:
    """The error for a file without a video stream."""
    return NotAVideo(f"{path} holds no moving pictures, only sound or data; leave it out of the source")


def _starts_like_mp4(path: str) -> bool:
    with open_bytes(path) as file:
        return file.read(8)[4:] in _MP4_BOXES
