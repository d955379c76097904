"""Clips: cut when they are first asked for, and kept until there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextvars import copy_context
from hashlib import sha256
from pathlib import Path
from threading import Lock

from vtrack_ray.footage.clip import Part, cut

_AT_ONCE = 2
WAIT_S = 8.0
"""What is copied is ready before; what is encoded anew takes about as long as it lasts."""


class Clips:
    """The clips in a folder, which takes no more than `most_bytes` of them."""

    def __init__(self, folder: Path, most_bytes: int, wait_s: float = WAIT_S) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._wait_s = wait_s
        self._cutters = ThreadPoolExecutor(_AT_ONCE, "clip")
        self._under_way: dict[Path, Future[None]] = {}
        self._lock = Lock()

    def clip(self, video_ids: Sequence[str], parts: Sequence[Part]) -> Path | None:
        """The clip of these parts of videos; None while it is being cut.

        Videos are told apart by their identities: another recording may take a file's place. Raises what cutting
        failed with: ClipError, ToolMissing, VideoError.
        """
        key = repr((video_ids, parts)).encode("utf-8", "surrogateescape")
        path = self._folder / f"{sha256(key).hexdigest()[:32]}.mp4"
        with self._lock:
            if path.exists():
                path.touch()
                return path
            cutting = self._under_way.get(path)
            if cutting is None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                cutting = self._under_way[path] = self._cutters.submit(copy_context().run, self._cut, parts, path)
        try:
            cutting.result(self._wait_s)
        except NotYet:
            return None
        finally:
            with self._lock:
                if cutting.done():
                    self._under_way.pop(path, None)
        return path

    def _cut(self, parts: Sequence[Part], path: Path) -> None:
        cut(parts, path)
        with self._lock:
            self._make_room(path)

    def _make_room(self, kept: Path) -> None:
        """Removes the clips that were not asked for for the longest time."""
        files = sorted(self._folder.glob("*.mp4"), key=lambda file: file.stat().st_mtime)
        size = sum(file.stat().st_size for file in files)
        for file in files:
            if size <= self._most_bytes:
                return
            if file != kept:
                size -= file.stat().st_size
                file.unlink()
