"""AVI: whether a file is all there, by the lengths its outermost chunks tell. Knows nothing of what is in them."""

from __future__ import annotations

from vtrack_ray.footage.origin import open_bytes, size_of

_OUTERMOST = b"RIFF"
_HEADER_BYTES = 8


def is_cut_off(path: str) -> bool:
    """Whether the last of the file's outermost chunks is longer than what there is of it.

    There are several in files over 1 GiB (OpenDML AVI File Format Extensions, 1996). Their lengths are written when a
    recording ends, as is the number of pictures in the file's header: where one holds, so does the other.
    """
    size = size_of(path)
    at = 0
    with open_bytes(path) as file:
        while at < size:
            file.seek(at)
            header = file.read(_HEADER_BYTES)
            if not header.startswith(_OUTERMOST):
                return False
            at += _HEADER_BYTES + int.from_bytes(header[4:], "little")
    return at > size
