"""The event-detector actor: the one place where a cluster's sampling logs become events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vtrack_ray.actors.remote import RayStore, told, unwrapped
from vtrack_ray.ledger.values import Claim, Outcome
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sampling_log import SamplingLog
from vtrack_ray.meaning.video import Video
from vtrack_ray.pipeline.detector import EventDetector, Uncoded
from vtrack_ray.pipeline.garbage import collect_seldom
from vtrack_ray.pipeline.gathering import Gathering


class DetectorActor:
    """The event detector in a process of its own; a single instance, as neighbouring videos share events."""

    def __init__(self, store: Any) -> None:
        collect_seldom()
        self._detector = EventDetector(Gathering(RayStore(store)))

    async def conclude(
        self,
        claim: Claim,
        profile: Profile,
        logs: Sequence[SamplingLog],
        looks: Sequence[SamplingLog] | None = None,
    ) -> Outcome | Uncoded:
        return await self._detector.conclude(claim, profile, logs, looks)

    async def refold(self, profile: Profile, removed: Video) -> None:
        await self._detector.refold(profile, removed)


class RayDetector:
    """The detector as the runner sees it."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def conclude(
        self,
        claim: Claim,
        profile: Profile,
        logs: Sequence[SamplingLog],
        looks: Sequence[SamplingLog] | None = None,
    ) -> Outcome | Uncoded:
        told("event detector", f"{claim.video.path}, attempt {claim.attempt}")
        outcome: Outcome | Uncoded = await unwrapped(self._actor.conclude.remote(claim, profile, logs, looks))
        return outcome

    async def refold(self, profile: Profile, removed: Video) -> None:
        told("event detector", f"{removed.path}, which is gone")
        await unwrapped(self._actor.refold.remote(profile, removed))
