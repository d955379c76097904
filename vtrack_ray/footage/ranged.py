"""A ranged file: a file elsewhere, read as if it were here, of which only the ranges that are read are fetched."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Protocol

import numpy as np

from vtrack_ray.errors import VideoError, VideoUnreachable
from vtrack_ray.footage.blocks import BLOCK, Blocks, Cache, unkept

_FIRST_STEP = 16
_LONGEST_STEP = 1024
"""Blocks fetched at once: after a jump, and at most while reading on, where each step is twice the one before."""
_EXPECTED_STEP = 64
"""Of what is expected to be read, so many at once at least."""
_WHOLE_STEP = 2048
_WORTH_SKIPPING = 32 * 1024
_REQUEST_BYTES = 32 * 1024
"""What a request costs beside its bytes."""
_TRIES = 3


class Remote(Protocol):
    """A file elsewhere. `identity` names its bytes: whenever they change, it does. `md5` is that of all of them, in
    hexadecimal, if it is known."""

    @property
    def identity(self) -> str: ...

    @property
    def size_bytes(self) -> int: ...

    @property
    def md5(self) -> str | None: ...

    def fetch(self, offset: int, length: int) -> bytes:
        """So many bytes from there. Raises VideoError: VideoUnreachable, VideoVanished, VideoForbidden.

        An answer of another length is asked for again, and never taken for the file's end.
        """
        ...


class RangedFile(io.RawIOBase):
    """A file elsewhere, for reading. One thread.

    `error` is the first that fetching met: whoever reads may take it for the file's end, as FFmpeg does, so that it
    has to be asked for afterwards. After it, every read raises it again. `fetched_bytes` counts what came over the
    network in `requests` requests; of what is fetched already, a process on this machine may have fetched it earlier.
    """

    def __init__(self, path: str, remote: Remote, cache: Cache) -> None:
        self.path = path
        self.error: VideoError | None = None
        self.fetched_bytes = 0
        self.requests = 0
        self._remote = remote
        self._cache = cache
        self._blocks: Blocks = cache.blocks(remote.identity, remote.size_bytes)
        self._present = self._blocks.present()
        self._position = 0
        self._held: tuple[int, bytes] = (-1, b"")
        self._following, self._step = -1, _FIRST_STEP
        self._expected_end = 0
        self._check_whole()

    @property
    def size_bytes(self) -> int:
        return self._remote.size_bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size_bytes}[whence]
        if start + offset < 0:
            raise ValueError(f"{self.path} has nothing before its start")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Reads on, at most to the end of a block; 0 at the file's end. Raises VideoError."""
        if self.error is not None:
            raise self.error
        number, within = divmod(self._position, BLOCK)
        if self._position >= self.size_bytes or not len(buffer):
            return 0
        try:
            part = self._block(number)[within : within + len(buffer)]
        except VideoError as error:
            self.error = error
            raise
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def expect(self, end: int) -> None:
        """Is told that reading will go on to there, perhaps, and no further."""
        self._expected_end = end

    def bring(self, end: int) -> None:
        """Fetches what is missing from here to before `end`, in as few requests as it takes; reading does not move.

        Raises VideoError.
        """
        if self.error is not None:
            raise self.error
        try:
            self._fetch_missing(self._position // BLOCK, min(self._blocks.count, -(-end // BLOCK)))
        except VideoError as error:
            self.error = error
            raise

    def close(self) -> None:
        if not self.closed:
            self._blocks.close()
        super().close()

    def _block(self, number: int) -> bytes:
        if self._held[0] != number:
            try:
                data = self._blocks.get(number)
            except OSError as error:
                raise unkept(self._cache.folder, error) from error
            self._held = number, data if data is not None else self._fetched(number)
        return self._held[1]

    def _fetched(self, number: int) -> bytes:
        """The block, fetched with some that follow it: the more, the longer reading goes on without a jump."""
        is_jump = number != self._following
        self._step = _FIRST_STEP if is_jump else min(_LONGEST_STEP, self._step * 2)
        expected = -(-self._expected_end // BLOCK) - number
        if expected > 0:
            self._step = min(expected, max(self._step, _EXPECTED_STEP))
        count = self._missing_from(number, self._step)
        self._following = number + count
        first = self._fetch(number, count)
        if self._is_better_whole:
            # What came before an interruption is there when it is begun again.
            self._fetch_missing(0, self._blocks.count)
        return first

    @property
    def _is_better_whole(self) -> bool:
        """Whether all of it costs no more than going on like this: it has been gone through half, or to and fro."""
        so_far = self._present * BLOCK + self.requests * _REQUEST_BYTES
        fits = self.size_bytes <= self._cache.most_bytes // 2
        return fits and self._present < self._blocks.count and so_far >= self.size_bytes

    def _fetch_missing(self, number: int, end: int) -> None:
        """Fetches the blocks that are missing from one to before another."""
        while number < end:
            if self._blocks.has(number):
                number += 1
                continue
            count = self._missing_from(number, min(_WHOLE_STEP, end - number))
            self._fetch(number, count)
            number += count

    def _missing_from(self, number: int, most: int) -> int:
        end = min(number + most, self._blocks.count)
        return next((other for other in range(number + 1, end) if self._blocks.has(other)), end) - number

    def _fetch(self, number: int, count: int) -> bytes:
        """Fetches some blocks and keeps them; gives the first."""
        offset = number * BLOCK
        length = min(count * BLOCK, self.size_bytes - offset)
        data = self._answered(offset, length)
        try:
            for at in range(count):
                self._blocks.put(number + at, data[at * BLOCK : (at + 1) * BLOCK])
            self._cache.wrote(self._blocks, length)
            self._present = self._present + count
            self._check_whole()
        except OSError as error:
            raise unkept(self._cache.folder, error) from error
        return data[:BLOCK]

    def _answered(self, offset: int, length: int) -> bytes:
        for _ in range(_TRIES):
            data = self._remote.fetch(offset, length)
            self.requests += 1
            self.fetched_bytes += len(data)
            if len(data) == length:
                return data
        raise VideoUnreachable(
            f"{self.path} was answered with {len(data)} bytes where {length} were asked for, again and again; "
            "it is tried again later"
        )

    def _check_whole(self) -> None:
        """Once all of it is there, it must be what it is said to be. Raises VideoUnreachable, and begins anew."""
        if self._remote.md5 is None or self._present < self._blocks.count or self._blocks.is_sound:
            return
        found = self._blocks.md5()
        if found is None:
            self._present = self._blocks.present()
        elif found == self._remote.md5:
            self._blocks.call_sound()
        else:
            self._blocks.forget()
            raise VideoUnreachable(
                f"{self.path} arrived with other content than it has by its MD5; it is fetched again later"
            )


class Hollow(io.RawIOBase):
    """A ranged file that gives zeros in place of what `hollow_out` names, and fetches nothing of that.

    With an index in the file's header, a demuxer tells every packet's time and size without having read what is in it.
    """

    def __init__(self, file: RangedFile) -> None:
        self._file = file
        self._expected_end = 0
        self._starts = self._ends = np.empty(0, np.int64)

    def hollow_out(self, ranges: Iterable[tuple[int, int]]) -> None:
        """From here on, the bytes from each start to before its end are zeros; ranges do not overlap.

        Those that are not worth a request of their own, neighbours taken together, stay what they are.
        """
        table = np.array(sorted(ranges), np.int64).reshape(-1, 2)
        is_apart = table[1:, 0] > table[:-1, 1]
        edge = np.ones(min(1, len(table)), np.bool_)
        starts, ends = table[np.r_[edge, is_apart], 0], table[np.r_[is_apart, edge], 1]
        is_worth_it = ends - starts >= _WORTH_SKIPPING
        self._starts, self._ends = starts[is_worth_it], ends[is_worth_it]

    @property
    def error(self) -> VideoError | None:
        """That of the file itself."""
        return self._file.error

    def expect(self, end: int) -> None:
        """As of the file itself."""
        self._expected_end = end
        self._file.expect(end)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """As of the file itself. Raises VideoError."""
        at = self._file.tell()
        number = int(np.searchsorted(self._starts, at, side="right")) - 1
        if number >= 0 and at < self._ends[number]:
            length = min(len(buffer), int(self._ends[number]) - at, self._file.size_bytes - at)
            buffer[: max(0, length)] = bytes(max(0, length))
            self._file.seek(max(0, length), io.SEEK_CUR)
            return max(0, length)
        if number + 1 < len(self._starts):
            end = int(self._starts[number + 1])
            self._file.expect(min(end, self._expected_end))
            buffer = memoryview(buffer)[: end - at]
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
