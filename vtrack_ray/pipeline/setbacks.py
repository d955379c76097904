"""Setbacks: what becomes of a video that failed, or took too long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from vtrack_ray.errors import (
    SamplerLost,
    SourceOutOfSight,
    StaleAttempt,
    VideoForbidden,
    VideoTimedOut,
    VideoUnreachable,
)
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.video import FoundFile, VideoStatus
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.look import NO_ANSWER, look
from vtrack_ray.pipeline.reasons import sentence
from vtrack_ray.settings import Settings
from vtrack_ray.sources.reach import is_at_drive, trouble_of

_PAUSES_GROW_BY = 5
_A_MOMENT_S = 5.0
"""Until a lost machine is known to be gone."""
_MOST_LOST = 3
"""So often a machine may be lost, or the service ended by force, in the midst of a video before that counts as its
failure: it may be the cause."""


class Setbacks:
    """Has videos tried again, or gives them up; `attempt` is None where none was claimed yet."""

    def __init__(
        self, settings: Settings, store: Store, launcher: Launcher, chronicle: Chronicle, now: Callable[[], datetime]
    ) -> None:
        self._pauses_s = [settings.RETRY_SECONDS * _PAUSES_GROW_BY**i for i in range(settings.RETRIES)]
        self._a_while = timedelta(seconds=settings.RETRY_SECONDS)
        self._a_moment = min(self._a_while, timedelta(seconds=_A_MOMENT_S))
        self._settings = settings
        self._store = store
        self._launcher = launcher
        self._chronicle = chronicle
        self._now = now

    async def take(self, file: FoundFile, attempt: int | None, error: Exception) -> None:
        """Decides, by what went wrong; a video whose file was replaced meanwhile is nobody's any more."""
        reason = sentence(file, error)
        is_away = isinstance(error, VideoUnreachable)
        try:
            if isinstance(error, VideoTimedOut):
                kind = OccurrenceKind.TIMEOUT
                await self._store(Ledger.fail, file.video_id, attempt, VideoStatus.TIMEOUT, reason, self._now())
            elif isinstance(error, SourceOutOfSight):
                await self._put_off(file, attempt, reason)
                return
            elif trouble := await self._trouble_behind(file, error):
                # It is there again when its disk is.
                await self._put_off(file, attempt, trouble)
                if is_at_drive(file.source):
                    await self._pause(file.source, trouble)
                return
            elif isinstance(error, SamplerLost) and await self._may_be_innocent(file, attempt):
                kind = OccurrenceKind.RETRY
                # Other machines are there: it need not wait.
                await self._store(
                    Ledger.put_off, file.video_id, attempt, reason, self._now() + self._a_moment, is_lost=True
                )
            else:
                kind = await self._set_back(file, attempt, reason, self._pauses_s, is_away=is_away)
        except StaleAttempt as stale:
            kind, reason = OccurrenceKind.STALE, str(stale)
        await self._chronicle.tell_of(file, attempt, kind, reason)

    async def take_over(self) -> int:
        """Has wait again what a service that did not end in good order has left claimed; says how many videos that are.

        One of them may be the cause. What that has befallen a few times is tried again one after the other, a failure
        counted for each: the one that does it again is alone with it, and in the end given up, and those that happened
        to be beside it come to their end.
        """
        claims = await self._store(Ledger.stale_claims)
        suspects = [one for one in claims if not await self._may_be_innocent(one.video.file, one.attempt)]
        for place, claim in enumerate(suspects):
            reason = "the service was ended in the midst of it, and has been before; it may be the cause"
            pauses_s = [pause_s + place * self._a_while.total_seconds() for pause_s in self._pauses_s]
            kind = await self._set_back(claim.video.file, claim.attempt, reason, pauses_s)
            await self._chronicle.tell_of(claim.video.file, claim.attempt, kind, reason)
        return len(suspects) + await self._store(Ledger.release_claims, are_lost=True)

    async def pauses_for(self, file: FoundFile, error: Exception) -> bool:
        """Whether an error is the whole source's at Google Drive; then nothing of it is begun for a while."""
        trouble = await self._trouble_behind(file, error) if is_at_drive(file.source) else None
        if trouble:
            await self._pause(file.source, trouble)
        return trouble is not None

    async def _trouble_behind(self, file: FoundFile, error: Exception) -> str | None:
        """Why the file's source can't be looked into, if that may be what the error comes of."""
        # At Google Drive, the same refusal may be about one file or about all.
        is_refused = isinstance(error, VideoForbidden) and is_at_drive(file.source)
        if not isinstance(error, VideoUnreachable) and not is_refused:
            return None
        if is_at_drive(file.source):
            return await asyncio.to_thread(trouble_of, file.source, self._settings)  # which has limits of its own
        try:
            return await look(self._launcher, f"look at {file.source}", trouble_of, file.source, self._settings)
        except NO_ANSWER:
            return f"{file.source} does not answer"

    async def _pause(self, source: str, trouble: str) -> None:
        """Has nothing of a source begun for a while: Google is asked again and again before it is given up, and need
        not be for each video."""
        await self._store(Ledger.note_look, source, self._now(), trouble)
        await self._store(Ledger.put_off_source, source, trouble, self._now() + self._a_while)
        await self._chronicle.tell(OccurrenceKind.TROUBLE, f"{source} pauses: {trouble}")

    async def _set_back(
        self, file: FoundFile, attempt: int | None, reason: str, pauses_s: Sequence[float], *, is_away: bool = False
    ) -> OccurrenceKind:
        """Counts a failure, and says whether there is another try."""
        again = await self._store(
            Ledger.set_back, file.video_id, attempt, reason, self._now(), pauses_s, is_out_of_reach=is_away
        )
        return OccurrenceKind.RETRY if again else OccurrenceKind.FAILED

    async def _may_be_innocent(self, file: FoundFile, attempt: int | None) -> bool:
        """Whether chance may have taken the machine. A header is read within moments, in which chance takes none."""
        row = await self._store(Ledger.video, file.video_id)
        return attempt is not None and row is not None and row.losses < _MOST_LOST

    async def _put_off(self, file: FoundFile, attempt: int | None, reason: str) -> None:
        """Has it tried again without a failure being counted: it is not the video's fault."""
        await self._store(Ledger.put_off, file.video_id, attempt, reason, self._now() + self._a_while)
