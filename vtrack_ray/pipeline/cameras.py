"""Cameras: the packing profile of each, with its trigger card looked for where nobody told where it lies."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.video import Video
from vtrack_ray.pipeline.job import job_on_video
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.limit import limited
from vtrack_ray.pipeline.reasons import END_THE_RUN
from vtrack_ray.pipeline.stopwatch import Stopwatch
from vtrack_ray.sampling.survey import survey
from vtrack_ray.settings import Settings

log = logging.getLogger(__name__)


class Cameras:
    """What is known of each camera; `profiles` are those asked for so far, by camera."""

    def __init__(self, settings: Settings, store: Store, launcher: Launcher) -> None:
        self._limit_s = settings.TIMEOUT_SECONDS
        self._store = store
        self._launcher = launcher
        self._profiles: dict[str, Profile] = {}

    @property
    def profiles(self) -> Mapping[str, Profile]:
        return MappingProxyType(self._profiles)

    async def know(self, camera_name: str) -> Profile:
        """Takes the camera's profile, and looks for its trigger card in videos not yet searched, if nobody told.

        The earliest video in which the card can be read decides where it lies, in whatever order videos arrive.
        """
        profile = await self._store(Ledger.profile, camera_name) or Profile(camera_name=camera_name)
        if profile.find_trigger:
            found_at, found = profile.trigger_found_at, dict[str, object]()
            for video in await self._store(Ledger.unsurveyed, camera_name):
                if found_at is not None and video.started_at >= found_at:
                    break
                if area := await self._survey(video, profile.trigger_text):
                    found = {"qr_trigger_area": area, "trigger_found_at": video.started_at}
                    break
            # Somebody may have set the profile meanwhile.
            latest = await self._store(Ledger.profile, camera_name)
            profile = latest or profile
            if profile.find_trigger:
                profile = profile.model_copy(update=found)
            await self._store(Ledger.save_profile, profile)
        self._profiles[camera_name] = profile
        return profile

    async def _survey(self, video: Video, trigger_text: str) -> Area | None:
        try:
            job = job_on_video("survey", video, Stopwatch())
            surveyed = self._launcher.run(job, survey, video, trigger_text)
            area = await limited(surveyed, job.watch, self._limit_s, lambda: "the trigger card was not found yet")
        except END_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001
            # Sampling will meet the same fault and give it as the video's reason.
            log.info("no survey of %s: %s", video.path, error)
            return None
        await self._store(Ledger.mark_surveyed, video.video_id)
        return area
