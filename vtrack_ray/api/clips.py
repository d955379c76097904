"""Clips: cut when they are first asked for, and kept until there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextvars import copy_context
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import monotonic

from vtrack_ray.footage.clip import Part, cut
from vtrack_ray.pipeline.scratch import scratch

_AT_ONCE = 2
_BEING_CUT = "being cut"
WAIT_S = 8.0
"""What is copied is ready before; what is encoded anew takes about as long as it lasts."""
_TOLD_S = 60.0
"""How long a failure is told to who asks next; after that, what stood in the way may be gone."""


class Clips:
    """The clips in a folder, which takes no more than `most_bytes` of them."""

    def __init__(self, folder: Path, most_bytes: int, wait_s: float = WAIT_S, told_s: float = _TOLD_S) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._wait_s = wait_s
        self._told_s = told_s
        self._cutters = ThreadPoolExecutor(_AT_ONCE, "clip")
        self._under_way: dict[Path, Future[None]] = {}
        self._failed_at: dict[Path, float] = {}
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
            self._forget_old_failures()
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
                if cutting.done() and self._under_way.get(path) is cutting:
                    self._forget(path)
        return path

    def _cut(self, parts: Sequence[Part], path: Path) -> None:
        try:
            # Whatever a killed process was cutting goes with the next clip.
            with scratch(self._folder / _BEING_CUT) as folder:
                cut(parts, folder / path.name)
                (folder / path.name).replace(path)
        except Exception:  # whatever it is, the future has it, and whoever asks next is told
            with self._lock:
                self._failed_at[path] = monotonic()
            raise
        with self._lock:
            self._forget(path)  # nobody may come to ask for it before it has to make room
            self._make_room(path)

    def _forget_old_failures(self) -> None:
        """Those that nobody has asked about since."""
        oldest = monotonic() - self._told_s
        for path in [path for path, failed_at in self._failed_at.items() if failed_at < oldest]:
            self._forget(path)

    def _forget(self, path: Path) -> None:
        self._under_way.pop(path, None)
        self._failed_at.pop(path, None)

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
