"""The Drive scanner: what lies below a source at Google Drive, by what has changed there since it was last asked."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple
from zoneinfo import ZoneInfo

from vtrack_ray.footage.start import start_from_path
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Elsewhere
from vtrack_ray.meaning.drive_item import DriveTree, folder_of
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.meaning.video import FoundFile, StartBasis
from vtrack_ray.pipeline.job import Job
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.time_limit import within
from vtrack_ray.settings import Settings
from vtrack_ray.sources.drive_tree import found_in, has_folder, only_below
from vtrack_ray.sources.local import Scan


class _Known(NamedTuple):
    """What was found below a source, and the tree that it was found in."""

    tree: DriveTree
    scan: Scan


class DriveScanner:
    """Scans sources at Google Drive, each by one at a time. What it remembers, it could read in the ledger as well."""

    def __init__(self, settings: Settings, store: Store, launcher: Launcher, limit_s: float) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.TIME_ZONE)
        self._limit_s = limit_s
        self._store = store
        self._launcher = launcher
        self._known: dict[str, _Known] = {}
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def scan(self, source: Source) -> Scan:
        """The source's videos, those that were renamed, moved or replaced followed in the ledger.

        Raises DriveError where it can't be looked into, and VideoTimedOut.
        """
        async with self._locks[source.source]:
            return await self._scan(source)

    async def scan_folder(self, name: str) -> Scan:
        """The videos in a folder, named as a source is: with their cameras of the source in which it lies, if any.

        Raises DriveError, SourceError and VideoTimedOut.
        """
        for source in await self._store(Ledger.added_sources):
            if source.kind is not SourceKind.DRIVE:
                continue
            if source.source == name:
                return await self.scan(source)
            if has_folder(await self._store(Ledger.drive_tree, source.source), folder_of(name)):
                found = await self.scan(source)
                return only_below(folder_of(name), self._known[source.source].tree, found)
        from vtrack_ray.sources.drive import found_folder

        job = Job(label=f"find:{name}", kind="find at drive", is_urgent=True)
        run = self._launcher.run(job, found_folder, name, self._settings)
        return await self.scan(await within(self._limit_s, job.watch, run))

    async def _scan(self, source: Source) -> Scan:
        # Google's libraries are slow to import, and most have no source there.
        from vtrack_ray.sources.drive import look

        name = source.source
        known = self._known.get(name)
        tree = known.tree if known else await self._store(Ledger.drive_tree, name)
        job = Job(label=f"scan:{name}", kind="scan drive")
        seen = await within(self._limit_s, job.watch, self._launcher.run(job, look, name, tree, self._settings))
        await self._store(Ledger.keep_drive_look, name, seen)
        if known and not (seen.is_whole or seen.items or seen.gone):
            self._known[name] = _Known(seen.applied_to(tree), known.scan)
            return known.scan
        tree = seen.applied_to(tree)
        scan = found_in(source, tree)
        before = set(known.scan.files) if known else set()
        await self._follow([file for file in scan.files if file not in before])
        self._known[name] = _Known(tree, scan)
        return scan

    async def _follow(self, files: Sequence[FoundFile]) -> None:
        """Takes in what became of known files: other names count at once, other cameras and contents are begun anew."""
        elsewhere = await self._store(Ledger.drive_videos_elsewhere, files)
        if not elsewhere:
            return
        sources = set(await self._store(Ledger.roots))
        # Below two sources, it belongs to the one in which it was found first.
        own = [one for one in elsewhere if one.source == one.found_source or one.source not in sources]
        renamed = [one for one in own if self._is_the_same(one)]
        replaced = [one.video_id for one in own if not self._is_the_same(one)]
        await self._store(Ledger.follow_drive, renamed, replaced)

    def _is_the_same(self, one: Elsewhere) -> bool:
        if one.video_id != one.found_id or one.has_moved_camera:
            return False
        if one.start_basis is not StartBasis.NAME:
            return True
        return start_from_path(PurePath(one.found_path), self._zone) == one.started_at
