"""Blocks: what was read of files elsewhere, kept on this machine's disk. Knows no network.

Each file's blocks lie in one sparse file: at the place they have in the whole, with a mark for each behind them all.
Several processes read and write it at once without a lock: a block counts only with the mark that fits it, so what is
half written, or was lost in a power cut, is a block that is not there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from hashlib import blake2b, md5
from pathlib import Path
from struct import Struct
from zlib import crc32

import numpy as np

from vtrack_ray.errors import VideoUnreachable

BLOCK = 4 * 1024
"""Bytes of a block; a keyframe of an idle table takes 30 KB and more, and is fetched without much around it."""

_MARK = Struct("<4sI")
_THERE = b"here"
_SOUND = b"sound by its md5"
_SUFFIX = ".blocks"
_DAY_S = 86_400.0
_LOOK_EVERY = 64 * 2**20
"""How much a process writes before it looks again whether there is too much."""


class Blocks:
    """The blocks of one file elsewhere, of `size_bytes`; `number` counts them from 0, and the last may be short."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        self.size_bytes = size_bytes
        self.count = -(-size_bytes // BLOCK)
        self._marks_at = self.count * BLOCK
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.truncate(self._file, self._marks_at + self.count * _MARK.size + len(_SOUND))
        os.utime(self._file)

    def close(self) -> None:
        os.close(self._file)

    def length(self, number: int) -> int:
        """How many bytes that block has."""
        return min(BLOCK, self.size_bytes - number * BLOCK)

    def get(self, number: int) -> bytes | None:
        """The block, if it is there and whole."""
        there, checksum = _MARK.unpack(os.pread(self._file, _MARK.size, self._mark_at(number)))
        if there != _THERE:
            return None
        data = os.pread(self._file, self.length(number), number * BLOCK)
        return data if crc32(data) == checksum else None

    def put(self, number: int, data: bytes) -> None:
        """Keeps a block."""
        _write(self._file, data, number * BLOCK)
        _write(self._file, _MARK.pack(_THERE, crc32(data)), self._mark_at(number))

    def has(self, number: int) -> bool:
        """Whether the block is marked as there."""
        return os.pread(self._file, len(_THERE), self._mark_at(number)) == _THERE

    def present(self) -> int:
        """How many blocks are marked as there."""
        marks = os.pread(self._file, self.count * _MARK.size, self._marks_at)
        # A file of some GB has a million: one by one they would take longer than a request.
        words = np.frombuffer(marks[: len(marks) // _MARK.size * _MARK.size], "S4")[:: _MARK.size // 4]
        return int(np.count_nonzero(words == _THERE))

    def md5(self) -> str | None:
        """The MD5 of the whole file, in hexadecimal; None if a block is missing."""
        digest = md5(usedforsecurity=False)
        for number in range(self.count):
            block = self.get(number)
            if block is None:
                return None
            digest.update(block)
        return digest.hexdigest()

    @property
    def is_sound(self) -> bool:
        """Whether the whole file was found to be what it should be."""
        return os.pread(self._file, len(_SOUND), self._sound_at) == _SOUND

    def call_sound(self) -> None:
        _write(self._file, _SOUND, self._sound_at)

    def forget(self) -> None:
        """Forgets every block, in all processes that have the file open."""
        os.truncate(self._file, 0)
        os.truncate(self._file, self._sound_at + len(_SOUND))

    def _mark_at(self, number: int) -> int:
        return self._marks_at + number * _MARK.size

    @property
    def _sound_at(self) -> int:
        return self._marks_at + self.count * _MARK.size


class Cache:
    """The blocks of all files elsewhere, in one folder.

    They take up to `most_bytes`: files that were not opened for the longest time go first, and those not for `days`
    at once. A process that reads one of those goes on, as its disk space is freed only when it is closed.
    """

    def __init__(self, folder: Path, most_bytes: int, days: float) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self._oldest_s = days * _DAY_S
        self._unlooked_bytes = 0

    def blocks(self, identity: str, size_bytes: int) -> Blocks:
        """The blocks of the file that `identity` names: another text, other bytes. Raises VideoUnreachable."""
        name = blake2b(f"{size_bytes}\0{identity}".encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        path = self.folder / f"{name}{_SUFFIX}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(path)
            return Blocks(path, size_bytes)
        except OSError as error:
            raise unkept(self.folder, error) from error

    def wrote(self, blocks: Blocks, count_bytes: int) -> None:
        """Is told what was written, and removes what is too much; of blocks too large for it alone, all."""
        self._unlooked_bytes += count_bytes
        if self._unlooked_bytes < min(_LOOK_EVERY, self.most_bytes // 8):
            return
        self._unlooked_bytes = 0
        if self._make_room(blocks.path) > self.most_bytes:
            blocks.forget()

    def _make_room(self, kept: Path) -> int:
        """Removes what is too old or too much but for one file; gives the bytes that are left."""
        files = sorted(self._files(), reverse=True)
        oldest = time.time() - self._oldest_s
        left = sum(taken for _, taken, path in files if path == kept)
        for opened_at, taken, path in files:
            if path == kept:
                continue
            if opened_at < oldest or left + taken > self.most_bytes:
                path.unlink(missing_ok=True)
            else:
                left += taken
        return left

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When each was last opened, what it takes on the disk, and where it is."""
        for path in self.folder.glob(f"*{_SUFFIX}"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # another process has made room
            yield status.st_mtime, status.st_blocks * 512, path


def unkept(folder: Path, error: OSError) -> VideoUnreachable:
    """The error for a disk that does not take what was read."""
    return VideoUnreachable(
        f"what is read of videos elsewhere can't be kept in {folder}: {error.strerror or error}; make room there, "
        "or set CACHE_MB to less"
    )


def _write(file: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(file, data, at)
        data, at = data[written:], at + written
