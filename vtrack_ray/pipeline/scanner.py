"""The scanner: looks into sources and folders, and has the ledger know what is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, ParamSpec

from vtrack_ray.errors import SourceError
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.intake import Intake
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.time_limit import within
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import Scan, scan, scan_sources
from vtrack_ray.sources.settling import Settling

P = ParamSpec("P")


class Found(NamedTuple):
    """The videos that a scan of the sources saw, by id, and whether all of the sources could be looked into."""

    video_ids: list[str]
    is_all: bool


class Scanner:
    """Scans as jobs that end in time. Raises VideoTimedOut where a drive does not answer, and what a scan raises."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        launcher: Launcher,
        intake: Intake,
        chronicle: Chronicle,
        now: Callable[[], datetime],
    ) -> None:
        self._limit_s = max(settings.TIMEOUT_SECONDS, settings.SCAN_INTERVAL_SECONDS)
        self._settling = Settling(settings.SETTLE_SECONDS)
        self._store = store
        self._launcher = launcher
        self._intake = intake
        self._chronicle = chronicle
        self._now = now

    @property
    def has_growing(self) -> bool:
        """Whether the last scan of the sources had to leave files for a later one."""
        return bool(len(self._settling))

    async def scan_sources(self, roots: Sequence[str]) -> Found:
        """Scans the sources, what is still being written left out of the ledger."""
        where = " and ".join(roots) or "no source"
        job = Job(label=f"scan:{where}", kind="scan")
        found = await self._scanned(job, where, self._settling, scan_sources, roots, await self._known(roots))
        is_all = bool(roots) and not {problem.path for problem in found.problems} & set(roots)
        return Found([file.video_id for file in found.files], is_all)

    async def scan_path(self, path: Path, roots: Sequence[str], camera_name: str | None) -> list[str]:
        """The videos at a path, whatever it is, by id; urgent. Raises SourceError if there are none."""
        job = Job(label=f"scan:{path}", kind="scan", is_urgent=True)
        found = await self._scanned(job, str(path), None, scan, [path], await self._known(roots), camera_name)
        if not found.files:
            raise SourceError(f"There are no video files in {path}")
        return [file.video_id for file in found.files]

    async def _known(self, roots: Sequence[str]) -> list[str]:
        return sorted({*await self._store(Ledger.sources), *roots})

    async def _scanned(
        self,
        job: Job,
        where: str,
        settling: Settling | None,
        function: Callable[P, Scan],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Scan:
        began = self._now()
        found = await within(self._limit_s, job.watch, self._launcher.run(job, function, *args, **kwargs))
        stable = found.files if settling is None else settling.settle(found.files, began).stable
        new = await self._intake.register(stable, began)
        for problem in found.problems:
            await self._chronicle.tell(OccurrenceKind.TROUBLE, f"{problem.path}: {problem.reason}")
        await self._chronicle.tell(
            OccurrenceKind.SCAN,
            f"{where}: {len(found.files)} files, {new} of them new",
            files=len(found.files),
            new=new,
            growing=len(found.files) - len(stable),
            scan_s=(self._now() - began).total_seconds(),
        )
        return found
