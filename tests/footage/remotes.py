"""Files elsewhere for tests: what is fetched of a file on disk is counted, and answered wrongly if that is wished."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import md5
from pathlib import Path

from vtrack_ray.errors import VideoVanished
from vtrack_ray.footage.origin import register
from vtrack_ray.settings import Settings

SCHEME = "far"


class FarFile:
    """A file on disk that is elsewhere to whoever reads it."""

    def __init__(self, path: Path, spoil: Callable[[int, bytes], bytes], *, md5: str | None) -> None:
        self._path = path
        self._spoil = spoil
        self.md5 = md5

    @property
    def identity(self) -> str:
        return f"{self._path} {self._path.stat().st_mtime_ns}"

    @property
    def size_bytes(self) -> int:
        return self._path.stat().st_size

    def fetch(self, offset: int, length: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(offset)
            return self._spoil(offset, file.read(length))


class Far:
    """The far place: `far://` and a path. `fetched` are offset and length of all that was fetched."""

    def __init__(self) -> None:
        self.fetched: list[tuple[int, int]] = []
        self.spoil: Callable[[int, bytes], bytes] = lambda _offset, data: data
        self.has_md5 = True
        register(SCHEME, self._open)

    @property
    def bytes_fetched(self) -> int:
        return sum(length for _, length in self.fetched)

    def address(self, path: Path) -> str:
        return f"{SCHEME}://{path}"

    def _open(self, address: str, _settings: Settings) -> FarFile:
        path = Path(address.removeprefix(f"{SCHEME}://"))
        if not path.exists():
            raise VideoVanished(f"{address} is gone")
        digest = md5(path.read_bytes(), usedforsecurity=False).hexdigest() if self.has_md5 else None
        return FarFile(path, self._answer, md5=digest)

    def _answer(self, offset: int, data: bytes) -> bytes:
        self.fetched.append((offset, len(data)))
        return self.spoil(offset, data)
