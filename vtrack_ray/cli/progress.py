"""What a person sees and can do while something runs: a progress bar, and Ctrl-C."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from vtrack_ray.pipeline.progress import Progress as RunProgress


@contextmanager
def stoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM alike raise KeyboardInterrupt, at once; a second one does not disturb the stopping."""

    def interrupt(signum: int, _frame: FrameType | None) -> None:
        signal.signal(signum, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class RunBar:
    """A progress bar on standard error: seconds of footage done, the rate, the time left."""

    def __init__(self) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            refresh_per_second=4,
        )
        self._task = self._bar.add_task("starting", total=None, rate="")
        self._sampling_since: float | None = None

    def __enter__(self) -> RunBar:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def show(self, progress: RunProgress) -> None:
        """Draws how far a run is."""
        failed = f", {progress.videos_failed} failed" if progress.videos_failed else ""
        count = f" {progress.videos_finished}/{progress.videos} files{failed}" if progress.videos else ""
        self._bar.update(
            self._task,
            description=progress.step + count,
            completed=progress.sampled_s,
            total=progress.footage_s or None,
            rate=self._rate(progress),
        )

    def paint(self, painted: int, total: int) -> None:
        """Draws how many pictures of rendered footage are painted."""
        self._bar.update(self._task, description="rendering", completed=painted, total=total)

    def _rate(self, progress: RunProgress) -> str:
        if not progress.footage_s:
            return ""
        self._sampling_since = self._sampling_since or time.monotonic()
        elapsed_s = time.monotonic() - self._sampling_since
        return f"{progress.sampled_s / elapsed_s:.0f}x real time" if elapsed_s > 1 else ""
