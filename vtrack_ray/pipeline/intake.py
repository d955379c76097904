"""The intake: from folders to videos that the ledger knows and whose headers are read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from vtrack_ray.footage.probe import probe
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.detector import Detector
from vtrack_ray.pipeline.job import job_on_file
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.look import NO_ANSWER, look
from vtrack_ray.pipeline.time_limit import within
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import vanished

log = logging.getLogger(__name__)


class Intake:
    """Registers found files and reads their headers."""

    def __init__(self, settings: Settings, store: Store, launcher: Launcher, detector: Detector) -> None:
        self._zone = ZoneInfo(settings.TIME_ZONE)
        self._at_once = settings.QUEUE_LIMIT
        self._limit_s = settings.TIMEOUT_SECONDS
        self._store = store
        self._launcher = launcher
        self._detector = detector

    async def register(self, files: Sequence[FoundFile], at: datetime) -> int:
        """Adds what is new to the ledger, and says how many files that are.

        Around videos whose file has changed or moved, events are folded again.
        """
        # Of thousands of files, most are known: only the others are sent.
        ids = [file.video_id for file in files]
        unknown = set(await self._store(Ledger.unknown, ids))
        new = [file for video_id, file in zip(ids, files, strict=True) if video_id in unknown]
        # At least once: a run that ended too early may have left videos to fold around.
        for start in range(0, max(1, len(new)), self._at_once):
            some = new[start : start + self._at_once]
            registered = await self._store(Ledger.register, some, at, await self._moved_from(some))
            for removed in registered.removed:
                profile = await self._store(Ledger.profile, removed.camera_name)
                if profile is not None:
                    await self._detector.refold(profile, removed)
        return len(new)

    async def _moved_from(self, files: Sequence[FoundFile]) -> Sequence[str]:
        """The paths that some of the files lay at before, surely: a drive that hangs leaves a doubt, as one that can't
        be asked does."""
        paths = await self._store(Ledger.lookalikes, files)
        if not paths:
            return ()
        try:
            return await look(self._launcher, "look for moved files", vanished, paths)
        except NO_ANSWER as error:
            log.warning("whether files were moved can't be told: %s", error)
            return ()

    async def probe(self, file: FoundFile, *, is_urgent: bool = False) -> None:
        """Reads a file's header into the ledger.

        Raises VideoError (VideoTimedOut after `TIMEOUT_SECONDS`), ToolMissing, and StaleAttempt if it has changed.
        """
        job = job_on_file("probe", file, is_urgent=is_urgent)
        header = await within(self._limit_s, job.watch, self._launcher.run(job, probe, file, self._zone))
        await self._store(Ledger.set_header, file.video_id, header)
