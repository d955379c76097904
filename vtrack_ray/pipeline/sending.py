"""Sending: what goes to the folder at Google Drive, again and again while the service runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.clips import AGAIN, Clips
from vtrack_ray.pipeline.reasons import END_THE_RUN
from vtrack_ray.pipeline.results import Results
from vtrack_ray.settings import Settings


class Sending:
    """Sends each day's events, and then some of the clips that are due: the rest in the next rounds, one a minute."""

    def __init__(
        self, settings: Settings, results: Results, clips: Clips, chronicle: Chronicle, now: Callable[[], datetime]
    ) -> None:
        self._every = timedelta(minutes=settings.DRIVE_RESULTS_MINUTES)
        self._results = results
        self._clips = clips
        self._chronicle = chronicle
        self._now = now
        self._due = now()
        self._trouble = ""

    async def keep(self) -> None:
        """Sends what is due, if it is time to; what can't be sent is told, once, and tried again the next time."""
        # A clock that was put back must not put it off for as long.
        if timedelta(0) < self._due - self._now() <= self._every:
            return
        self._due = self._now() + self._every
        try:
            files = await self._results.send()
            await self._tell(files, "files of events")
            clips, are_more = await self._clips.send(self._now() - AGAIN)
            await self._tell(clips, "clips of events")
        except END_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it goes well the next time perhaps
            if str(error) != self._trouble:
                self._trouble = str(error)
                await self._chronicle.tell(OccurrenceKind.TROUBLE, f"results could not be sent: {error}")
            return
        self._trouble = ""
        if are_more:
            self._due = self._now()

    async def _tell(self, sent: int, what: str) -> None:
        if sent:
            text = f"{sent} {what} were sent to Google Drive"
            await self._chronicle.tell(OccurrenceKind.RESULTS, text, files=sent)
