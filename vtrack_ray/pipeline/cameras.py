"""Cameras: the packing profile of each, with its trigger card looked for where nobody told where it lies."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from vtrack_ray.errors import SamplerCrashed, SamplerLost, SourceError, VideoTimedOut
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import CardFound
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.video import FoundFile, Video
from vtrack_ray.pipeline.job import job_on_video
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.reasons import END_THE_RUN
from vtrack_ray.pipeline.stopwatch import Stopwatch
from vtrack_ray.pipeline.time_limit import within
from vtrack_ray.sampling.survey import survey
from vtrack_ray.settings import Settings

log = logging.getLogger(__name__)

_AT_ONCE = 8
"""Videos that are asked for at once, to be looked through one after the other."""
_LOOKS = 2
"""So often a survey is begun that ends with its process: the first time it may be no fault of the video's."""


class Cameras:
    """What is known of each camera; `profiles` are those asked for so far, by camera.

    `pauses_for` says whether a video can't be looked at as its whole source can't be now; with a clock, videos that
    have been put off are left out meanwhile.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        launcher: Launcher,
        pauses_for: Callable[[FoundFile, Exception], Awaitable[bool]] | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._now = now
        self._pauses_for = pauses_for
        self._limit_s = settings.TIMEOUT_SECONDS
        self._store = store
        self._launcher = launcher
        self._profiles: dict[str, Profile] = {}

    @property
    def profiles(self) -> Mapping[str, Profile]:
        return MappingProxyType(self._profiles)

    async def know(self, camera_name: str, *, is_urgent: bool = False) -> Profile:
        """Takes the camera's profile, and looks for its trigger card in videos not yet searched, if nobody told.

        The earliest video in which the card can be read decides where it lies, in whatever order videos arrive. Raises
        SourceError if a video's source is away: without the card, all would be taken for another kind of table.
        """
        profile = await self._store(Ledger.profile, camera_name) or Profile(camera_name=camera_name)
        if profile.find_trigger:
            # Somebody may have set the profile meanwhile: the one that then stands is the one to take.
            profile = await self._store(Ledger.learn_card, camera_name, await self._find_card(profile, is_urgent))
        self._profiles[camera_name] = profile
        return profile

    async def _find_card(self, profile: Profile, is_urgent: bool) -> CardFound | None:
        async for video in self._unsurveyed(profile.camera_name):
            if profile.trigger_found_at is not None and video.started_at >= profile.trigger_found_at:
                return None
            if area := await self._survey(video, profile.trigger_text, is_urgent):
                return CardFound(area=area, at=video.started_at, video_id=video.video_id)
        return None

    async def _unsurveyed(self, camera_name: str) -> AsyncIterator[Video]:
        """By start. Few are asked for at a time: it is usually the first that shows the card."""
        at, last = self._now() if self._now else None, None
        while videos := await self._store(Ledger.unsurveyed, camera_name, at, after=last, limit=_AT_ONCE):
            for last in videos:
                yield last

    async def _survey(self, video: Video, trigger_text: str, is_urgent: bool) -> Area | None:
        try:
            area = await self._looked_through(video, trigger_text, is_urgent)
        except END_THE_RUN:
            raise
        except VideoTimedOut as error:
            log.warning("no survey of %s: %s", video.path, error)
            area = None  # it would hang the next time, too
        except Exception as error:
            if self._pauses_for and await self._pauses_for(video.file, error):
                raise SourceError(f"no survey of {video.path}: {error}") from error
            # Sampling will meet the same fault and give it as the video's reason.
            log.info("no survey of %s: %s", video.path, error)
            return None
        if area is None:
            await self._store(Ledger.mark_surveyed, video.video_id)
        return area

    async def _looked_through(self, video: Video, trigger_text: str, is_urgent: bool) -> Area | None:
        looks_left = _LOOKS
        while True:
            watch = Stopwatch()
            job = job_on_video("survey", video, watch, is_urgent=is_urgent)
            looks_left -= 1
            try:
                return await within(self._limit_s, watch, self._launcher.run(job, survey, video, trigger_text))
            except (SamplerCrashed, SamplerLost) as error:
                if not looks_left:
                    raise
                log.info("survey once more of %s: %s", video.path, error)
