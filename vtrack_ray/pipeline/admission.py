"""The admission: from files that the ledger knows to videos that may be begun: headers, cameras and filters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from vtrack_ray.errors import SourceError, StaleAttempt
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Filterable
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.video import FoundFile, VideoStatus
from vtrack_ray.pipeline.agenda import Agenda
from vtrack_ray.pipeline.cameras import Cameras
from vtrack_ray.pipeline.intake import Intake
from vtrack_ray.pipeline.launcher import Store
from vtrack_ray.pipeline.reasons import END_THE_RUN
from vtrack_ray.pipeline.setbacks import Setbacks
from vtrack_ray.pipeline.sorting import sort
from vtrack_ray.pipeline.together import together
from vtrack_ray.settings import Settings

_PAGE = 20_000
"""So many videos are judged at a time: what is known of them is in memory meanwhile, here and in the store."""
_REST = 20
"""Looking for headers takes one part in so many of the store's time."""


class Admission:
    """Reads headers, gets to know cameras, and has filters judge; `on_change` is called when more may be begun."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        intake: Intake,
        cameras: Cameras,
        setbacks: Setbacks,
        agenda: Agenda,
        now: Callable[[], datetime],
        on_change: Callable[[], None],
    ) -> None:
        self._zone = ZoneInfo(settings.TIME_ZONE)
        self._at_once = settings.QUEUE_LIMIT
        self._store = store
        self._intake = intake
        self._cameras = cameras
        self._setbacks = setbacks
        self._agenda = agenda
        self._now = now
        self._on_change = on_change
        self._judging = 0
        self._changed_cameras: set[str] = set()

    @property
    def may_refuse(self) -> bool:
        """Whether there are videos that could be claimed, and may yet be refused: nothing is to be begun meanwhile."""
        return bool(self._judging) and self._agenda.is_choosy

    async def read_headers(self, *, is_urgent: bool) -> float:
        """Probes what was found, and gets to know its cameras; then the filters can judge it.

        What Custom programs ask for is urgent, and is read beside the rest, of which there may be much. Gives the
        seconds in which it need not be looked for again unless something has changed: that takes a look at all videos.
        """
        if not self._agenda.is_at_work:
            return 0.0
        clock = asyncio.get_running_loop().time
        began_s = clock()
        # So many at a time: the first cameras need not wait for the headers of all.
        files = await self._store(Ledger.unprobed, None, self._now(), self._at_once, of_programs=is_urgent)
        # Those of which all was known when the service started have no new headers.
        waiting = await self._store(Ledger.cameras_waiting, self._now(), of_programs=is_urgent)
        looked_s = clock() - began_s
        if files:
            with self._judged():
                await together([self._probe(file, is_urgent) for file in files])
                await self._judge([file.video_id for file in files])
        names = {file.camera_name for file in files} | {*waiting} - self._cameras.profiles.keys()
        if not is_urgent:
            names |= self._changed_cameras
            self._changed_cameras.clear()
        await together([self._know(camera_name, is_urgent) for camera_name in sorted(names)])
        return _REST * looked_s

    async def sort(self) -> None:
        """Has the filters judge all videos that no program asks for, however many there are.

        Where they refuse none, what waits goes on waiting, and what was skipped alone is looked at.
        """
        are_skipped = not self._agenda.is_choosy
        after_id: str | None = None
        while videos := await self._store(Ledger.filterable, are_skipped=are_skipped, after_id=after_id, limit=_PAGE):
            after_id = videos[-1].video_id
            await self._apply(videos)

    async def _judge(self, video_ids: Sequence[str]) -> None:
        """Has the filters judge videos that wait since a moment ago."""
        if self._agenda.is_choosy:
            await self._apply(await self._store(Ledger.filterable, video_ids))

    async def _apply(self, videos: Sequence[Filterable]) -> None:
        found = sort(videos, self._agenda.filters, self._agenda.lasting, self._zone)
        if found.skipped or found.taken_up:
            await self._store(Ledger.apply_filters, found.skipped, found.taken_up, self._now())

    async def heed_profiles(self) -> None:
        """A profile that somebody has changed meanwhile counts from now on, for what was sampled before as well.

        So does one that may have been changed while no service was at work.
        """
        for profile in await self._store(Ledger.profiles):
            known = self._cameras.profiles.get(profile.camera_name)
            if known is None or _kind_of(known) != _kind_of(profile):
                self._changed_cameras.add(profile.camera_name)

    async def reopen_stale(self, camera_name: str, digest: str, video_ids: Sequence[str] | None = None) -> None:
        """Has those of the camera's videos (of these; None: of all) that were concluded with another profile done
        again, if they pass the filters."""
        with self._judged():
            reopened = await self._store(Ledger.reopen_stale_profile, camera_name, digest, video_ids)
            if reopened:
                await self._judge(reopened)

    async def take_back(self, seen: Sequence[str]) -> None:
        """Has videos wait again that were given up as their files were out of reach, and are seen again."""
        if back := sorted({*await self._store(Ledger.out_of_reach)}.intersection(seen)):
            with self._judged():
                await self._store(
                    Ledger.reopen, back, "its file is there again", statuses=[VideoStatus.FAILED], keep_logs=True
                )
                await self._judge(back)

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """In which videos come to wait, and are judged."""
        self._judging += 1
        yield  # an error ends the service
        self._judging -= 1
        self._on_change()

    async def _probe(self, file: FoundFile, is_urgent: bool) -> None:
        try:
            await self._intake.probe(file, is_urgent=is_urgent)
        except END_THE_RUN:
            raise
        except StaleAttempt:
            return  # replaced meanwhile: the new file has a turn of its own
        except Exception as error:  # noqa: BLE001  whatever it is, it is this file's and no other's
            await self._setbacks.take(file, None, error)

    async def _know(self, camera_name: str, is_urgent: bool) -> None:
        """Takes the camera's profile, and has what was concluded with another one sampled anew."""
        try:
            profile = await self._cameras.know(camera_name, is_urgent=is_urgent)
        except SourceError:
            return  # what waits of it has been put off, and is told of; it comes back with the camera
        await self.reopen_stale(camera_name, profile.digest)
        self._on_change()


def _kind_of(profile: Profile) -> tuple[str, bool]:
    """What makes profiles of a camera differ in what is sampled with them."""
    return profile.digest, profile.find_trigger
