"""An origin: where a video's bytes come from, a file on this machine or an address with a scheme of its own.

An address is `scheme://` and a text that names the file to whoever opens that scheme. What is read of it is kept in a
cache on this machine (see blocks).
"""

from __future__ import annotations

import io
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import BinaryIO

import platformdirs

from vtrack_ray.errors import VideoUnreachable
from vtrack_ray.footage.blocks import Cache
from vtrack_ray.footage.ranged import RangedFile, Remote
from vtrack_ray.settings import Settings

Opener = Callable[[str, Settings], Remote]
"""Takes a whole address; raises VideoError where the file can't be had."""

_ADDRESS = re.compile(r"([a-z][a-z0-9+-]+)://", re.ASCII)
_openers: dict[str, str | Opener] = {"drive": "vtrack_ray.drive.video:open_video"}
"""By their paths, as knowledge goes one way, and so known in whatever process a function is called in."""

_settings: ContextVar[Settings | None] = ContextVar("settings", default=None)


def register(scheme: str, opener: str | Opener) -> None:
    """Has addresses of that scheme opened by it: a function, or where to find one (`package.module:name`)."""
    _openers[scheme] = opener


@contextmanager
def reading_by(settings: Settings) -> Iterator[None]:
    """Has files elsewhere read as these settings say; otherwise, the defaults count."""
    before = _settings.set(settings)
    try:
        yield
    finally:
        _settings.reset(before)


def is_address(path: str) -> bool:
    """Whether it names a file elsewhere; paths of files on this machine are whole, and begin with a slash."""
    return _ADDRESS.match(path) is not None


def open_remote(path: str) -> RangedFile:
    """The file at an address. Raises VideoError; VideoUnreachable too where nobody knows the scheme."""
    settings = _settings.get() or Settings()
    kept = _cache(cache_folder(), settings.CACHE_MB * 2**20, settings.CACHE_DAYS)
    return RangedFile(path, _remote(path), kept)


def open_bytes(path: str) -> BinaryIO | io.BufferedReader:
    """The file for reading, wherever it is. Raises OSError for one on this machine, VideoError for another."""
    return io.BufferedReader(open_remote(path)) if is_address(path) else Path(path).open("rb")


def size_of(path: str) -> int:
    """Bytes of the file. Raises OSError for one on this machine, VideoError for another."""
    return _remote(path).size_bytes if is_address(path) else Path(path).stat().st_size


def stamp_of(path: str) -> object:
    """Something that is another one once the file has changed. Raises OSError, VideoError."""
    if is_address(path):
        return _remote(path).identity
    entry = Path(path).stat()
    return entry.st_size, entry.st_mtime_ns


def cache_folder() -> Path:
    """Where what is read of files elsewhere is kept."""
    return platformdirs.user_cache_path("vtrack", appauthor=False) / "videos"


def _remote(path: str) -> Remote:
    return _opener(path)(path, _settings.get() or Settings())


def _opener(path: str) -> Opener:
    match = _ADDRESS.match(path)
    opener = _openers.get(match[1]) if match else None
    if opener is None:
        raise VideoUnreachable(f"{path} can't be opened: nothing here knows such addresses; is vtrack up to date?")
    return _found(opener) if isinstance(opener, str) else opener


@cache
def _found(name: str) -> Opener:
    opener: Opener = pkgutil.resolve_name(name)
    return opener


@cache
def _cache(folder: Path, most_bytes: int, days: float) -> Cache:
    return Cache(folder, most_bytes, days)
