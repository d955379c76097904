"""The chronicle: what the service does, told to the ledger's history and to whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.launcher import Store
from vtrack_ray.pipeline.observer import Observer


class Chronicle:
    """Keeps occurrences."""

    def __init__(self, store: Store, observer: Observer, now: Callable[[], datetime]) -> None:
        self._store = store
        self._observer = observer
        self._now = now

    async def keep(self, occurrences: Sequence[Occurrence]) -> None:
        """Adds to the history, and tells whoever listens."""
        await self._store(Ledger.record, occurrences)
        for one in occurrences:
            self._observer.occurred(one)

    async def tell(self, kind: OccurrenceKind, text: str, **figures: float) -> None:
        """Keeps what happened to the service as a whole, now."""
        await self.keep([Occurrence(at=self._now(), kind=kind, text=_printable(text), figures=figures)])

    async def tell_of(
        self, file: FoundFile, attempt: int | None, kind: OccurrenceKind, text: str, **figures: float
    ) -> None:
        """Keeps what happened to a video, now."""
        one = Occurrence(
            at=self._now(),
            kind=kind,
            text=_printable(f"{file.path}: {text}"),
            camera_name=_printable(file.camera_name),
            video_id=file.video_id,
            attempt=attempt,
            figures=figures,
        )
        await self.keep([one])


def _printable(text: str) -> str:
    """The text with bytes of file names that are no UTF-8 as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
