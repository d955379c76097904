"""A proof: what tells whether another machine sees the very same file, without reading all of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from vtrack_ray.meaning.video import FoundFile

_PIECE_BYTES = 4096
_CLOCKS_DIFFER_NS = 2 * 10**9
"""File systems keep times as coarsely as that (FAT); the same file has a rounded one over SMB."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A file as the head sees it, and the digest of some of its bytes."""

    file: FoundFile
    digest: str


def proof_of(file: FoundFile) -> Proof | None:
    """The proof of a file; None if it is no longer there as it was found."""
    try:
        status = os.stat(file.path)
        if (status.st_size, status.st_mtime_ns) != (file.size_bytes, file.modified_ns):
            return None
        return Proof(file=file, digest=_digest_of(file))
    except OSError:
        return None


def doubt(proof: Proof) -> str | None:
    """Why the file that is seen here is not that one, for a person; None if it is."""
    file = proof.file
    try:
        status = os.stat(file.path)
        if status.st_size != file.size_bytes:
            return f"{file.path} has {status.st_size} bytes here and {file.size_bytes} on the head"
        if abs(status.st_mtime_ns - file.modified_ns) > _CLOCKS_DIFFER_NS:
            return f"{file.path} was not modified at the same time as on the head"
        if _digest_of(file) != proof.digest:
            return f"{file.path} holds other bytes than on the head"
    except OSError as error:
        return f"{file.path} can't be read here: {error.strerror or error}"
    return None


def digest_by(read: Callable[[int, int], bytes], size_bytes: int) -> str:
    """Of the first, middle and last bytes: a recording that was cut, or whose middle was never copied, differs.

    `read` gives so many bytes from there.
    """
    digest = blake2b(digest_size=16)
    for start in (0, size_bytes // 2, max(0, size_bytes - _PIECE_BYTES)):
        digest.update(read(start, min(_PIECE_BYTES, size_bytes - start)))
    return digest.hexdigest()


def _digest_of(found: FoundFile) -> str:
    with open(found.path, "rb") as file:

        def read(start: int, length: int) -> bytes:
            file.seek(start)
            return file.read(length)

        return digest_by(read, found.size_bytes)
