"""The scanner: looks into sources and folders, and has the ledger know what is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, ParamSpec

from vtrack_ray.errors import DriveError, SourceError, VideoTimedOut
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.drive_scanner import DriveScanner
from vtrack_ray.pipeline.intake import Intake
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.time_limit import within
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import Scan, scan, scan_sources
from vtrack_ray.sources.reach import is_at_drive, require_no_camera
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
        self._a_while = timedelta(seconds=settings.RETRY_SECONDS)
        self._drive = DriveScanner(settings, store, launcher, self._limit_s)
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
        """Scans the sources, what is still being written left out of the ledger; one that is away stops no other."""
        folders = [root for root in roots if not is_at_drive(root)]
        video_ids, is_all = list[str](), bool(roots)
        if folders or not roots:
            where = " and ".join(folders) or "no source"
            job = Job(label=f"scan:{where}", kind="scan")
            found = await self._scanned(job, where, self._settling, scan_sources, folders, await self._known(folders))
            video_ids += [file.video_id for file in found.files]
            away = {problem.path for problem in found.problems} & set(folders)
            is_all = is_all and not away
            for root in folders:
                await self._store(Ledger.note_look, root, self._now(), "it is not there" if root in away else None)
        for source in await self._store(Ledger.added_sources) if len(folders) < len(roots) else ():
            if source.kind is SourceKind.DRIVE and source.source in roots:
                seen = await self._scan_drive(source)
                is_all = is_all and seen is not None
                video_ids += seen or ()
        return Found(video_ids, is_all)

    async def _scan_drive(self, source: Source) -> list[str] | None:
        """The videos below a source at Google Drive; None if it can't be looked into, which is told."""
        began = self._now()
        try:
            found = await self._drive.scan(source)
            await self._take_in(str(source), found, found.files, began)
        except (DriveError, VideoTimedOut) as error:
            await self._store(Ledger.note_look, source.source, began, str(error))
            await self._store(Ledger.put_off_source, source.source, str(error), began + self._a_while)
            await self._chronicle.tell(OccurrenceKind.TROUBLE, f"{source}: {error}")
            return None
        await self._store(Ledger.note_look, source.source, began, None)
        await self._store(Ledger.resume_source, source.source)
        return [file.video_id for file in found.files]

    async def scan_path(self, path: str, roots: Sequence[str], camera_name: str | None) -> list[str]:
        """The videos at a path, whatever it is, by id; urgent. Raises SourceError if there are none, and DriveError."""
        if is_at_drive(path):
            require_no_camera(camera_name)
            began = self._now()
            found = await self._drive.scan_folder(path)
            await self._take_in(path, found, found.files, began)
        else:
            job = Job(label=f"scan:{path}", kind="scan", is_urgent=True)
            found = await self._scanned(job, path, None, scan, [Path(path)], await self._known(roots), camera_name)
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
        await self._take_in(where, found, stable, began)
        return found

    async def _take_in(self, where: str, found: Scan, stable: Sequence[FoundFile], began: datetime) -> None:
        """Has the ledger know what is stable of what was found, and tells of it."""
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
